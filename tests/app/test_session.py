"""What the page's buttons do, without the page."""

from __future__ import annotations

import copy
import gc
import re
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch
from conftest import synthetic_photo
from PIL import Image
from torch import Tensor

import verism
from verism import VerismError, images
from verism.api import FittedRun, fit
from verism.app.corrections import Corrections
from verism.app.legend import listed
from verism.app.session import OF_THE_WHOLE, UNMEASURED, Session
from verism.app.shown import CAME_BACK, FORGOT
from verism.app.watch import STEPS, WORKING, StoppedError
from verism.backbone.weights import Weights
from verism.canvas.regional_grade import RegionalGrade
from verism.cli import main
from verism.look.picture import rendered
from verism.look.strength import Strength
from verism.regions.colors import name_of
from verism.regions.masks import label_colors, paint
from verism.regions.regions import Regions

SMALL: dict[str, Any] = {"data.size": 40, "trainer.accelerator": "cpu", "trainer.max_steps": 2}


def nobody(share: float, said: str) -> None:
    """Is told how far it is."""


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{name}.png" for name in ("mine", "theirs", "other")]
    for seed, path in enumerate(paths, start=1):
        images.write(path, synthetic_photo(48, 72, seed), {})
    return paths


@pytest.fixture
def fitted(tiny_weights: Weights, photos: list[Path]) -> Session:
    session = Session()
    session.fit(photos[0], photos[1:2], "photoreal", nobody, preview=True, **SMALL)
    return session


@pytest.mark.slow
def test_the_picture_is_that_of_python_and_of_the_command(
    fitted: Session, photos: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    strength = Strength(0.6, 1, 0.5)
    saved = fitted.save_picture(strength)
    assert saved.name == "mine-theirs-preview-strength-0.6-tone-0.5.png"
    assert fitted.save_picture(strength) == saved  # Not once more.
    assert fitted.save_picture(Strength(1, 0.5, 1)).name == "mine-theirs-preview-colour-0.5.png"
    options: dict[str, Any] = {"output.strength": 0.6, "output.tone": 0.5}
    expected = verism.stylize(photos[0], photos[1], progress=False, **SMALL, **options)
    assert np.array_equal(np.asarray(Image.open(saved)), np.asarray(expected))
    # The command is for the same; of a preview here, which it says.
    monkeypatch.chdir(tmp_path)
    program, *words = shlex.split(fitted.command(strength))
    assert program == "verism"
    assert words[words.index("--trainer.max_steps") + 1] == "2"
    small = ["--data.size=40", "--trainer.accelerator=cpu", "--trainer.enable_progress_bar=false"]
    main([*words, *small, "--output.path", "by_command.png"])
    assert np.array_equal(np.asarray(Image.open("by_command.png")), np.asarray(expected))


def test_the_sliders_blend_as_the_picture_does(fitted: Session) -> None:
    """The photo is small, so that what is shown is all of it."""
    for strength in (Strength(), Strength(0), Strength(0.5, 0.25, 0.75)):
        seen = (fitted.seen(strength) * 255).round()[0].permute(1, 2, 0).numpy()
        saved = np.asarray(Image.open(fitted.save_picture(strength)))
        assert np.abs(seen - saved).max() <= 1


@pytest.mark.slow
def test_the_table_is_of_the_same_strength(fitted: Session) -> None:
    path, deviation = fitted.save_table(Strength(0), ".cube")
    assert path.name == "mine-theirs-preview-strength-0.cube"
    assert deviation.mean < 0.01
    assert fitted.save_table(Strength(), ".png")[0].name == "mine-theirs-preview-hald.png"


@pytest.mark.slow
def test_regions_are_merged_left_out_and_found_again(fitted: Session, photos: list[Path]) -> None:
    found = fitted.divided
    first, second, *_ = found.labels
    fitted.chosen = (second, first)
    fitted.merge()
    assert not fitted.chosen
    assert fitted.divided.labels == tuple(label for label in found.labels if label != second)
    numbers = dict(zip(listed(found), range(1, 9), strict=False))
    assert fitted.numbers == numbers
    fitted.chosen = (first,)
    fitted.leave_out()
    assert fitted.divided.sure[0] == 0
    wanted = fitted.divided
    fitted.fit(photos[0], photos[1:2], "photoreal", nobody, preview=True, **SMALL)
    assert fitted.divided is wanted
    assert fitted.numbers == numbers
    compared = fitted.fitted.run.model.regions
    assert compared is not None
    assert compared.labels == wanted.labels
    assert compared.sure[0] == 0
    command = fitted.command(Strength())
    assert f"--data.merge '[[{name_of(first)}, {name_of(second)}]]'" in command
    assert "#" not in command
    fitted.reset()
    assert fitted.divided is found
    assert fitted.corrections == Corrections()


@pytest.mark.slow
def test_a_region_is_kept_and_undone(fitted: Session, photos: list[Path]) -> None:
    shares = dict(zip(fitted.divided.labels, fitted.divided.seen[0], strict=True))
    least = min((label for label in listed(fitted.divided) if shares[label]), key=lambda label: shares[label])
    fitted.chosen = (least,)
    fitted.keep()
    assert not fitted.chosen
    fitted.fit(photos[0], photos[1:2], "photoreal", nobody, preview=True, **SMALL)
    compared = fitted.fitted.run.model.regions
    assert compared is not None
    assert compared.kept == fitted.divided.kept == (least,)
    assert f"--data.keep '[{name_of(least)}]'" in fitted.command(Strength())
    fitted.chosen = (least,)
    fitted.leave_out()
    assert (fitted.divided.kept, fitted.corrections.kept) == ((), ())
    fitted.undo()
    assert fitted.divided.kept == fitted.corrections.kept == (least,)
    # All of the photo cannot be kept, and nothing has changed by asking for it.
    before = fitted.corrections
    fitted.chosen = fitted.divided.labels
    with pytest.raises(VerismError, match="all of the photo"):
        fitted.keep()
    assert fitted.corrections is before


@pytest.mark.slow
def test_a_lookup_table_keeps_no_region(photos: list[Path]) -> None:
    session = Session()
    session.fit(photos[0], photos[1:2], "lut", nobody, preview=True, **(SMALL | {"data.regions": "auto"}))
    session.chosen = session.divided.labels[:1]
    with pytest.raises(VerismError, match="Region by region can keep a part"):
        session.keep()
    assert session.corrections == Corrections()


@pytest.mark.slow
def test_corrections_are_undone_one_by_one_and_so_is_taking_back_all(fitted: Session, photos: list[Path]) -> None:
    """An hour's painting is not lost by one click; but those of other photos are not undone."""
    strokes = torch.ones(1, 4, 48, 72)
    strokes[0, :3] = (label_colors([fitted.divided.labels[0]]) / 255).view(3, 1, 1)

    def choose_and(change: Callable[[], None]) -> None:
        fitted.chosen = fitted.divided.labels[:2]
        change()

    states = [(fitted.corrections, fitted.divided)]
    changes: list[Callable[[], None]] = [
        lambda: choose_and(fitted.merge),
        lambda: choose_and(fitted.leave_out),
        lambda: fitted.paint(strokes),
        fitted.reset,
    ]
    for change in changes:
        change()
        states.append((fitted.corrections, fitted.divided))
    assert states[-1] == states[0]
    for corrections, regions in states[-2::-1]:
        fitted.undo()
        assert fitted.corrections == corrections
        assert fitted.divided is regions
    with pytest.raises(VerismError, match="no correction of the regions to undo"):
        fitted.undo()
    choose_and(fitted.merge)
    fitted.fit(photos[0], photos[1:2], "photoreal", nobody, preview=True, **SMALL)
    fitted.undo()
    assert fitted.corrections == Corrections()
    choose_and(fitted.merge)
    fitted.fit(photos[0], photos[2:], "photoreal", nobody, preview=True, **SMALL)
    with pytest.raises(VerismError, match="no correction of the regions to undo"):
        fitted.undo()


@pytest.mark.slow
def test_merged_regions_have_the_colour_of_the_largest_and_others_keep_theirs(fitted: Session) -> None:
    """Wherever they are; in soft masks, what is added up would win places of others."""
    soft = torch.tensor([[0.3, 0.3, 0.1], [0.2, 0.4, 0.3], [0.5, 0.3, 0.6]]).view(1, 3, 1, 3)
    labels = ("#e6194b", "#3cb44b", "#0082c8")
    run = SimpleNamespace(model=SimpleNamespace(regions=Regions(labels, soft, soft)))
    fitted._found = fitted.regions = replace(fitted.fitted, run=cast("FittedRun", run)).regions
    fitted.chosen = labels[:2]
    fitted.merge()
    assert fitted.divided.labels == labels[1:]
    assert paint(fitted.divided.content, labels[1:]).mul(255).round()[0, :, 0].T.tolist() == [
        [0x00, 0x82, 0xC8],
        [0x3C, 0xB4, 0x4B],
        [0x00, 0x82, 0xC8],
    ]
    # The first is not seen anywhere.
    assert fitted.numbers == {"#3cb44b": 1, "#0082c8": 2}
    assert fitted.corrections.merged == (("#3cb44b", "#e6194b"),)


@pytest.mark.slow
def test_what_is_corrected_during_a_run_is_kept_for_the_next(fitted: Session, photos: list[Path]) -> None:
    """And it is known whether a run takes it in."""
    first, second, *_ = fitted.divided.labels
    states = []

    def correct(share: float, said: str) -> None:
        if said == WORKING:
            states.append(fitted.takes_corrections)
            fitted.chosen = (second,)
            fitted.leave_out()
            states.append(fitted.takes_corrections)
            fitted.chosen = (first,)
            fitted.turns.begin("regions")
            states.append(fitted.takes_corrections)

    fitted.chosen = (first,)
    fitted.leave_out()
    assert not fitted.takes_corrections
    fitted.turns.begin("preview")
    assert fitted.takes_corrections
    fitted.fit(photos[0], photos[1:2], "photoreal", correct, preview=True, **SMALL)
    assert states == [True, False, True]
    assert fitted.chosen == (first,)
    assert fitted.fitted.corrections.left_out == (first,)
    assert fitted.corrections.left_out == (first, second)
    assert fitted.divided.sure[:2].tolist() == [0, 0]
    fitted.turns.end("preview")
    fitted.turns.stop()
    assert not fitted.takes_corrections


@pytest.mark.slow
def test_what_is_merged_can_be_painted_again(fitted: Session) -> None:
    """Also where there are strokes in a colour that is another's by now."""
    first, second, *_ = fitted.divided.labels
    for number, label in enumerate((first, second)):
        strokes = torch.zeros(1, 4, 48, 72)
        strokes[0, :3, :, 24 * number : 24 * number + 24] = (label_colors([label]) / 255).view(3, 1, 1)
        strokes[0, 3, :, 24 * number : 24 * number + 24] = 1
        fitted.paint(strokes)
    assert fitted.corrections.painted == (first, second)
    fitted.chosen = (first, second)
    fitted.merge()
    kept = fitted.corrections.merged[0][0]
    assert set(fitted.corrections.painted) == {kept}
    strokes = strokes.roll(24, dims=3)
    strokes[0, :3] = (label_colors([kept]) / 255).view(3, 1, 1)
    fitted.paint(strokes)
    assert set(fitted.corrections.painted) == {kept}
    assert fitted.corrections.mask is not None
    # What the run paints is in the colours that are found.
    assert len(np.unique(np.asarray(Image.open(fitted.corrections.mask))[..., :3].reshape(-1, 3), axis=0)) == 2


def test_a_click_chooses_and_another_does_not(fitted: Session) -> None:
    fitted.choose((0.5, 0.5), content=True)
    (label,) = fitted.chosen
    assert label in fitted.divided.labels
    fitted.choose((0.5, 0.5), content=True)
    assert not fitted.chosen
    fitted.choose((0.1, 0.1), content=False)
    assert len(fitted.chosen) == 1


@pytest.mark.slow
def test_what_is_painted_is_changed_in_the_next_run(fitted: Session, photos: list[Path]) -> None:
    found, label = fitted.divided, fitted.divided.labels[-1]
    strokes = torch.zeros(1, 4, 48, 72)
    strokes[0, :3, :, :36] = (torch.tensor([int(label[at : at + 2], 16) for at in (1, 3, 5)]) / 255).view(3, 1, 1)
    strokes[0, 3, :, :36] = 1
    fitted.paint(strokes)
    seen = fitted.divided
    here = seen.labels.index(label)
    middle = seen.content.shape[-1] // 2
    assert bool((seen.content[0, here, :, :middle] == 1).all())
    fitted.fit(photos[0], photos[1:2], "photoreal", nobody, preview=True, **SMALL)
    after = fitted.divided
    assert after is seen
    # And what the run compares is that. What was not painted is as it was found, counterparts in the style photo too.
    compared = fitted.fitted.regions
    assert compared is not None
    assert compared.labels == found.labels
    torch.testing.assert_close(compared.content, seen.content)
    torch.testing.assert_close(compared.content[..., middle:], found.content[..., middle:])
    torch.testing.assert_close(compared.style, found.style)
    torch.testing.assert_close(compared.sure, found.sure)
    assert "--data.content_mask regions.png" in fitted.command(Strength())


@pytest.mark.slow
def test_other_photos_begin_without_corrections(fitted: Session, photos: list[Path]) -> None:
    fitted.chosen = fitted.divided.labels[:1]
    fitted.leave_out()
    fitted.fit(photos[0], photos[1:], "photoreal", nobody, preview=True, **SMALL)
    assert "leave_out" not in fitted.command(Strength())
    assert "--data.style '[theirs.png, other.png]'" in fitted.command(Strength())
    assert fitted.fitted.warnings == [FORGOT]
    fitted.fit(photos[0], photos[1:], "photoreal", nobody, preview=True, **SMALL)
    assert fitted.fitted.warnings == []


@pytest.mark.slow
def test_style_photos_count_by_their_weights(fitted: Session, photos: list[Path]) -> None:
    """Another weight is another look, whose regions were not corrected."""
    pictures = []
    for weights in ((1.0, 1.0), (1.0, 0.0)):
        fitted.fit(photos[0], photos[1:], "photoreal", nobody, preview=True, weights=weights, **SMALL)
        assert fitted.fitted.run.model.data.style_weights == list(weights)
        pictures.append(fitted.fitted.image)
        assert fitted.corrections == Corrections()
        fitted.chosen = fitted.divided.labels[:1]
        fitted.leave_out()
    assert not torch.equal(*pictures)
    fitted.fit(photos[0], photos[1:], "photoreal", nobody, preview=True, weights=(1.0, 1.0), **SMALL)
    assert fitted.fitted.warnings == [FORGOT, CAME_BACK]
    assert "--data.style_weights '[1, 1]'" in fitted.command(Strength())


@pytest.mark.slow
def test_corrections_come_back_with_their_photos_and_method(fitted: Session, photos: list[Path]) -> None:
    first, second, *_ = fitted.divided.labels
    fitted.chosen = (first, second)
    fitted.merge()
    mine, corrected, numbers = fitted.corrections, fitted.divided, fitted.numbers
    for styles, config in ((photos[1:], "photoreal"), (photos[1:2], "lut")):
        fitted.fit(photos[0], styles, config, nobody, preview=True, **SMALL)
        assert fitted.fitted.warnings == [FORGOT]
        assert fitted.corrections == fitted.fitted.corrections == Corrections()
        fitted.fit(photos[0], photos[1:2], "photoreal", nobody, preview=True, **SMALL)
        assert fitted.fitted.warnings == [CAME_BACK]
        assert fitted.corrections == fitted.fitted.corrections == mine
        assert fitted.divided is corrected
        assert fitted.numbers == numbers
    compared = fitted.fitted.run.model.regions
    assert compared is not None
    assert compared.labels == corrected.labels
    fitted.fit(photos[0], photos[1:2], "photoreal", nobody, preview=True, **SMALL)
    assert fitted.fitted.warnings == []
    fitted.reset()
    assert fitted.divided.labels[:2] == (first, second)


@pytest.mark.slow
def test_it_is_told_how_far_a_run_is_and_stops_it(fitted: Session, photos: list[Path]) -> None:
    before, told = fitted.shown, []

    def stop(share: float, said: str) -> None:
        told.append((share, said))
        if "left" in said:
            fitted.turns.stop()

    with pytest.raises(StoppedError):
        fitted.fit(photos[0], photos[1:2], "photoreal", stop, preview=True, **(SMALL | {"trainer.max_steps": 4}))
    stages = ["Reading the photos", "Finding what both photos show", "Looking at the style", WORKING]
    assert [said for _, said in told[:-1]] == stages
    shares = [share for share, _ in told]
    assert shares == sorted(set(shares))
    assert 0 <= shares[0] < shares[-1] < 1
    assert re.fullmatch(rf"{WORKING}, \d+ (s|min) left; then the picture is made", told[-1][1])
    assert fitted.shown is before


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["Finding", "Looking", "Working"])
def test_a_run_is_stopped_before_its_first_step_too(fitted: Session, photos: list[Path], stage: str) -> None:
    told: list[str] = []

    def stop(share: float, said: str) -> None:
        told.append(said)
        if said.startswith(stage):
            fitted.turns.stop()

    with pytest.raises(StoppedError):
        fitted.fit(photos[0], photos[1:2], "photoreal", stop, preview=True, **SMALL)
    assert not any("left" in said for said in told)


@pytest.mark.slow
def test_a_run_is_stopped_while_the_picture_is_made(
    fitted: Session, photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which takes seconds for a large one, after the last step."""
    usual, before, told = RegionalGrade.locate, fitted.shown, [""]

    def locate(canvas: RegionalGrade, photo: Tensor) -> Tensor:
        if told[-1].startswith("Making"):
            fitted.turns.stop()
        return usual(canvas, photo)

    monkeypatch.setattr(RegionalGrade, "locate", locate)
    with pytest.raises(StoppedError):
        fitted.fit(photos[0], photos[1:2], "photoreal", lambda _, said: told.append(said), preview=True, **SMALL)
    assert told[-1].startswith("Making")
    assert fitted.shown is before


@pytest.mark.slow
def test_a_picture_that_is_stopped_when_it_is_ready_does_not_come(
    fitted: Session, photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has been said that the picture before stays."""
    before = fitted.shown

    def late(*args: Any, **options: Any) -> FittedRun:
        run = fit(*args, **options)
        fitted.turns.stop()
        return run

    monkeypatch.setattr("verism.app.session.fit", late)
    with pytest.raises(StoppedError):
        fitted.fit(photos[0], photos[1:2], "photoreal", nobody, preview=True, **SMALL)
    assert fitted.shown is before


@pytest.mark.slow
def test_measuring_is_stopped_and_the_picture_stays(fitted: Session, photos: list[Path]) -> None:
    """It is there already; making it anew would take much longer than measuring it."""
    assert fitted.measured()[0] == OF_THE_WHOLE
    fitted.turns.begin("full")
    with fitted.turns.turn("full"):
        shown = fitted.fit(photos[0], photos[1:2], "photoreal", nobody, preview=False, **SMALL)
        fitted.turns.stop()
        assert fitted.measured() == [UNMEASURED]
    assert fitted.shown is shown
    fitted.turns.end("full")
    assert not fitted.turns.is_halted


@pytest.mark.slow
def test_names_say_which_styles_and_that_it_is_a_preview(fitted: Session, photos: list[Path]) -> None:
    """So that a preview and its final picture are not told apart by a number."""
    several = tuple(photos[1].with_stem(name) for name in "abcde")
    for count, name in ((1, "a"), (3, "a-b-c"), (4, "a-and-3-more")):
        fitted.shown = replace(fitted.fitted, styles=several[:count])
        assert fitted.save_table(Strength(), ".cube")[0].name == f"mine-{name}-preview.cube"
    fitted.shown = replace(fitted.fitted, preview=False)
    assert fitted.save_table(Strength(), ".cube")[0].name == "mine-a-and-3-more.cube"


@pytest.mark.slow
def test_what_is_saved_is_what_was_shown(fitted: Session, photos: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Though another picture comes meanwhile."""
    before, other = fitted.fitted, replace(fitted.fitted, content=photos[2])

    def late(*args: Any) -> Any:
        fitted.shown, fitted._written = other, {}
        return rendered(*args)

    monkeypatch.setattr("verism.app.session.rendered", late)
    saved = fitted.save_picture(Strength())
    assert saved.name.startswith("mine-theirs")
    assert fitted.shown is other
    assert fitted._written == {}
    fitted.shown = before


@pytest.mark.slow
def test_the_picture_is_made_after_the_last_step(tiny_weights: Weights, photos: list[Path]) -> None:
    told: list[tuple[float, str]] = []
    Session().fit(photos[0], photos[1:2], "lut", lambda *it: told.append(it), preview=True, **SMALL)
    assert told[-1] == (STEPS[1], "Making the picture")
    assert told[-2][0] < STEPS[1]
    assert told[-2][1].endswith("; then the picture is made")
    Session().fit(photos[0], photos[1:2], "lut", lambda *it: told.append(it), preview=False, **SMALL)
    assert told[-2][1].endswith("; then the picture is made and measured")


@pytest.mark.slow
def test_names_and_corrections_are_those_of_what_is_shown(fitted: Session, photos: list[Path]) -> None:
    """Not those of a run that was stopped, nor corrections that no run has yet."""
    command = fitted.command(Strength())
    fitted.chosen = fitted.divided.labels[:2]
    fitted.merge()
    assert fitted.command(Strength()) == command
    with pytest.raises(StoppedError):
        fitted.fit(photos[2], photos[:1], "lut", lambda share, said: fitted.turns.stop(), preview=True, **SMALL)
    assert fitted.command(Strength()) == command
    assert fitted.save_picture(Strength()).name == "mine-theirs-preview.png"
    assert fitted.save_table(Strength(), ".cube")[0].name == "mine-theirs-preview.cube"
    assert fitted.fitted.title == "mine.png in the look of theirs.png"
    assert fitted.corrections != fitted.fitted.corrections
    with fitted.turns.turn("preview"):
        fitted.fit(photos[0], photos[1:2], "photoreal", nobody, preview=True, **SMALL)
    assert fitted.corrections == fitted.fitted.corrections
    assert fitted.fitted.warnings == []
    assert "--data.merge" in fitted.command(Strength())


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (lambda it: it.fit(None, [], "photoreal", nobody, preview=True), "Two photos are needed"),
        (lambda it: it.save_picture(Strength()), "There is no look yet"),
        (lambda it: it.merge(), "compared as a whole|at least two"),
        (lambda it: it.leave_out(), "whose match is wrong"),
        (lambda it: it.keep(), "stay as they are in your photo"),
        (lambda it: it.choose((0, 0), content=True), "compared as a whole"),
    ],
)
def test_what_is_missing_is_said(act: Callable[[Session], object], sentence: str) -> None:
    with pytest.raises(VerismError, match=sentence):
        act(Session())


def test_every_page_begins_with_nothing(fitted: Session) -> None:
    assert copy.deepcopy(fitted).shown is None


def test_what_is_drawn_again_is_not_written_again() -> None:
    """The browser would have half of it."""
    session = Session()
    path = session.draw(torch.zeros(1, 3, 4, 4))
    written = path.stat()
    assert session.draw(torch.zeros(1, 3, 4, 4)) == path
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (written.st_ino, written.st_mtime_ns)
    assert [it.name for it in session.folder.iterdir()] == [path.name]


@pytest.mark.slow
def test_what_a_session_wrote_goes_with_it() -> None:
    session = Session()
    path = session.draw(torch.zeros(1, 3, 4, 4))
    assert path.is_file()
    del session
    gc.collect()
    assert not path.parent.exists()
