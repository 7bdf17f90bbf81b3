"""A look on many photos: as predict has it, with names that nothing has, and stopped between two of them."""

from __future__ import annotations

import re
import threading
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import shoot, synthetic_photo
from PIL import Image

import verism
from verism import VerismError, images
from verism.api import FittedRun
from verism.app.series import ADAPT, FULL_LOOK, FolderOutcome, grade, pack, photos_among, photos_in
from verism.backbone.weights import Weights
from verism.look.on_other_photos import OnOtherPhotos
from verism.look.on_photo import on_photo
from verism.look.strength import Strength

SMALL: dict[str, Any] = {"data.size": 40, "trainer.accelerator": "cpu", "trainer.max_steps": 1}


def nobody(share: float, said: str) -> None:
    """Is told how far it is."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for seed, name in enumerate(("mine", "theirs", "other"), start=1):
        shoot(tmp_path / "photos" / f"{name}.png", synthetic_photo(48, 72, seed))
    return tmp_path / "photos"


@pytest.fixture
def run(tiny_weights: Weights, folder: Path) -> FittedRun:
    return verism.fit(folder / "mine.png", folder / "theirs.png", progress=False, **SMALL)


def test_is_the_look_at_its_strength(run: FittedRun, folder: Path, tmp_path: Path) -> None:
    (folder / "damaged.png").write_bytes((folder / "mine.png").read_bytes()[:2000])
    strange = images.read(folder / "other.png")
    strange[..., :36] = torch.tensor([1.0, 0.0, 0.05]).view(3, 1, 1)
    (folder / "other.png").unlink()
    shoot(folder / "other.png", strange)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "other.png").write_text("somebody's")
    told: list[str] = []
    done = grade(
        run,
        photos_in(str(folder)).files,
        tmp_path / "out",
        Strength(0.5),
        lambda share, said: told.append(f"{share:.2f} {said}"),
        threading.Event(),
    )
    assert [path.name for path in done.files] == ["mine.png", "other-2.png", "theirs.png"]
    assert (tmp_path / "out" / "other.png").read_text() == "somebody's"
    # As predict holds it back.
    held = OnOtherPhotos(run.look.canvas).treatment([images.read(folder / "other.png")], Strength(0.5))
    assert held.strength.strength < 0.3
    expected = on_photo(folder / "other.png", held.__call__)
    assert np.array_equal(np.asarray(Image.open(done.files[1])), np.asarray(expected))
    assert told[0] == "0.00 photo 1 of 4, damaged.png"
    # How long the rest takes is known from the second on.
    assert re.fullmatch(r"0\.25 photo 2 of 4, mine\.png, \d+ s left", told[1])
    assert len(done.failures) == 1
    assert "damaged.png" in done.said("`out`")
    assert "other.png" in done.weak
    assert not done.stopped


def test_each_by_its_own_regions(run: FittedRun, folder: Path, tmp_path: Path) -> None:
    results = [
        grade(run, [folder / "other.png"], tmp_path, Strength(), nobody, threading.Event(), adapt=adapt).files[0]
        for adapt in (False, True)
    ]
    plain, adapted = (images.read(path) for path in results)
    assert adapted.shape == plain.shape
    assert not torch.equal(adapted, plain)


def test_the_whole_look_on_photos_that_are_unlike(run: FittedRun, folder: Path, tmp_path: Path) -> None:
    """As ``verism predict --hold_back false``; it is said what may come of it, and not that it is weaker."""
    strange = torch.tensor([1.0, 0.0, 0.05]).view(1, 3, 1, 1).expand(1, 3, 48, 72)
    (folder / "other.png").unlink()
    shoot(folder / "other.png", strange)
    photos = [folder / "other.png"]
    taken: list[float] = []
    outcomes = [
        grade(
            run,
            photos,
            tmp_path,
            Strength(),
            nobody,
            threading.Event(),
            hold_back=hold_back,
            show=lambda path, graded: taken.append(graded.taken),
        )
        for hold_back in (True, False)
    ]
    weak, whole = (images.read(outcome.files[0]) for outcome in outcomes)
    photo = images.read(folder / "other.png")
    assert float((whole - photo).abs().mean()) > 2 * float((weak - photo).abs().mean())
    assert taken[0] < 0.5
    assert taken[1] == 1
    assert outcomes[0].said("x").splitlines()[-1].startswith("other.png is unlike your photo, and took less than half")
    assert outcomes[1].said("x").splitlines()[-1] == (
        "Look for colour casts and blotches in other.png, where there are colours that your photo lacks."
    )


def test_what_took_little_of_the_look_is_named_again_when_the_rest_is_done(
    run: FittedRun, folder: Path, tmp_path: Path
) -> None:
    """All results are shown then, and not only those that are new."""
    for name in ("other", "theirs"):
        (folder / f"{name}.png").unlink()
        shoot(folder / f"{name}.png", torch.tensor([1.0, 0.0, 0.05]).view(3, 1, 1).expand(1, 3, 48, 72))
    photos = [folder / "other.png", folder / "theirs.png"]
    grade(run, photos[:1], tmp_path, Strength(), nobody, threading.Event())
    shown: list[float] = []
    done = grade(
        run,
        photos,
        tmp_path,
        Strength(),
        nobody,
        threading.Event(),
        show=lambda path, graded: shown.append(graded.taken),
    )
    assert done.weak == ["other.png", "theirs.png"]
    assert shown[0] == pytest.approx(shown[1])


def test_stops_before_the_next(run: FittedRun, folder: Path, tmp_path: Path) -> None:
    stop = threading.Event()
    photos = photos_in(str(folder)).files
    done = grade(run, photos, tmp_path / "out", Strength(), lambda share, said: stop.set(), stop)
    assert [path.name for path in done.files] == ["mine.png"]
    assert done.said("x").startswith("Stopped: 1 photo is in x. The same again does the rest.")


def test_again_only_does_what_is_new(run: FittedRun, folder: Path, tmp_path: Path) -> None:
    """As predict does: after a stop, and in a folder that has grown; a photo that has changed is new, and so is another
    strength."""
    out, stop = tmp_path / "out", threading.Event()

    def again(strength: Strength = Strength()) -> FolderOutcome:  # noqa: B008
        return grade(run, photos_in(str(folder)).files, out, strength, nobody, threading.Event())

    grade(run, photos_in(str(folder)).files, out, Strength(), lambda share, said: stop.set(), stop)
    first = (out / "mine.png").stat().st_mtime_ns
    done = again()
    assert [path.name for path in done.files] == ["other.png", "theirs.png"]
    assert done.said("x").startswith("2 new photos are in x.\n1 was done already.")
    assert (out / "mine.png").stat().st_mtime_ns == first
    done = again()
    said = done.said("x").splitlines()
    assert said[:2] == ["No new photos are in x.", "3 were done already."]
    # What is known of results is kept beside them.
    assert said[2].startswith("other.png and theirs.png are unlike your photo")
    shoot(folder / "another.png", synthetic_photo(48, 72, 5))
    (folder / "mine.png").unlink()
    shoot(folder / "mine.png", synthetic_photo(48, 72, 6))
    (folder / "damaged.png").write_bytes((folder / "other.png").read_bytes()[:2000])
    done = again()
    assert [path.name for path in done.files] == ["another.png", "mine-2.png"]
    said = [line for line in done.said("x").splitlines() if "unlike your photo" not in line]
    assert said[:4] == [
        "2 new photos are in x.",
        "2 were done already.",
        "Other files had their names, so these have others: mine-2.png.",
        "1 could not be done:",
    ]
    assert said[4].startswith("damaged.png: ")
    assert again().before == 4
    assert len(again(Strength(0.5)).renamed) == 4
    assert again(Strength(0.5)).before == 4


def test_photos_that_took_little_of_the_look_are_named_with_what_helps() -> None:
    outcome = FolderOutcome([Path("a.jpg"), Path("b.jpg")], [], ["b.jpg"], [], stopped=False)
    assert outcome.said("x") == (
        "2 photos are in x.\nb.jpg is unlike your photo, and took less than half of the look: "
        f"“{FULL_LOOK}” brings all of it, at the risk of colour casts and blotches, and “{ADAPT}” finds its own."
    )
    said = replace(outcome, weak=["a.jpg", "b.jpg", "c.jpg"], could_adapt=False).said("x")
    assert "\na.jpg, b.jpg and c.jpg are unlike" in said
    assert said.endswith("at the risk of colour casts and blotches.")
    many = replace(outcome, weak=[f"{number}.jpg" for number in range(12)]).said("x")
    assert ", 9.jpg and 2 more are unlike" in many


def test_what_is_done_already_is_not_advised(run: FittedRun, folder: Path, tmp_path: Path) -> None:
    """Nor what a look without regions cannot do."""

    def advised(run: FittedRun, *, adapt: bool) -> bool:
        photos, stop = [folder / "other.png"], threading.Event()
        return grade(run, photos, tmp_path / "out", Strength(), nobody, stop, adapt=adapt).could_adapt

    assert advised(run, adapt=False)
    assert not advised(run, adapt=True)
    table = verism.fit(folder / "mine.png", folder / "theirs.png", "lut", progress=False, **SMALL)
    assert not advised(table, adapt=False)


def test_a_photo_is_no_folder(tmp_path: Path) -> None:
    shoot(tmp_path / "mine.png", synthetic_photo(40, 40, 1))
    with pytest.raises(VerismError, match=r"mine\.png: is a file"):
        photos_in(str(tmp_path / "mine.png"))


@pytest.mark.parametrize("name", ["", "  ", "nowhere"])
def test_no_folder(name: str) -> None:
    with pytest.raises(VerismError, match="no such folder"):
        photos_in(name)


def test_nothing_in_it(tmp_path: Path) -> None:
    (tmp_path / ".hidden").touch()
    (tmp_path / "notes.txt").write_text("no photo")
    with pytest.raises(VerismError, match="a folder without photos"):
        photos_in(str(tmp_path))


def test_what_verism_made_is_left_out(folder: Path) -> None:
    images.write(folder / "mine-theirs.png", synthetic_photo(48, 72, 4), {})
    (folder / "notes.txt").write_text("no photo")
    found = photos_in(str(folder))
    assert [path.name for path in found.files] == ["mine.png", "other.png", "theirs.png"]
    assert found.said() == "1 picture that verism made is left out"


def test_of_a_folder_that_is_uploaded_what_is_a_photo_is_taken(folder: Path) -> None:
    images.write(folder / "mine-theirs.png", synthetic_photo(48, 72, 4), {})
    for name in ("notes.txt", ".hidden.png", "broken.jpg"):
        (folder / name).write_text("no photo")
    # In the order in which a browser finds them.
    found = photos_among(sorted(folder.iterdir(), reverse=True))
    assert [path.name for path in found.files] == ["mine.png", "other.png", "theirs.png"]
    assert found.said() == (
        "1 picture that verism made is left out; broken.jpg cannot be read as a photo, and is left out"
    )
    with pytest.raises(VerismError, match="has no photo"):
        photos_among([folder / "notes.txt", folder / "mine-theirs.png"])


def test_packs_files_under_their_names(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    archive = pack([tmp_path / "a.txt"], tmp_path / "all.zip")
    assert zipfile.ZipFile(archive).read("a.txt") == b"a"
