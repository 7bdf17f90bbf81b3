"""The command ``predict``: a fitted look on other photos."""

from __future__ import annotations

import csv
import json
import pickle
import re
import shlex
import shutil
import sys
import threading
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import av
import clips
import imagecodecs
import numpy as np
import pytest
import tifffile
import torch
from conftest import shoot, synthetic_photo, tiny_vgg19
from PIL import ExifTags, Image
from torch import Tensor

from verism import checkpoint, images, photo_file
from verism.backbone.weights import Weights
from verism.batch import executors
from verism.batch.from_run import Grading, Recipe, Source
from verism.batch.table import ABOUT
from verism.canvas import BilateralGrid, RegionalGrade
from verism.cli import main
from verism.color.table import through
from verism.commands.predict import warning
from verism.errors import InterruptedClipError
from verism.look import saved
from verism.look.lut_file import at_strength
from verism.look.on_other_photos import OnOtherPhotos, Treatment
from verism.look.strength import Strength

pytestmark = pytest.mark.slow

FIT = ("--trainer.max_steps", "3", "--optimizer.lr", "0.1", "--data.size", "32", "--trainer.precision", "32-true")
"""The fit sees 32×42 of the content photo's 48×64 pixels."""

both = pytest.mark.parametrize("look", ["Lut3d", "BilateralGrid"], indirect=True)

grid = pytest.mark.parametrize("look", ["BilateralGrid"], indirect=True)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Fit on a canvas, once; returns the folder of the photos, in which ``work`` has the run."""

    @cache
    def fit(canvas: str) -> Path:
        root = tmp_path_factory.mktemp(canvas)
        (root / "work").mkdir()
        images.write(root / "content.png", synthetic_photo(48, 64, seed=1), {})
        images.write(root / "style.png", synthetic_photo(56, 40, seed=2), {})
        quiet = ("--trainer.enable_progress_bar", "false", "--trainer.accelerator", "cpu")
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(root / "work")
            patch.setattr("verism.backbone.weights.load", lambda source, network: tiny_vgg19())
            main(
                [
                    "fit",
                    *("--data.content", "../content.png", "--data.style", "../style.png"),
                    *quiet,
                    *FIT,
                    *("--model.canvas", canvas),
                ]
            )
        return root

    return fit


@pytest.fixture
def look(
    request: pytest.FixtureRequest,
    fitted: Callable[[str], Path],
    tiny_weights: Weights,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A copy of a run on the canvas that the test asks for; the current folder is beside its photos."""
    shutil.copytree(fitted(getattr(request, "param", "Lut3d")), tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work" / "lightning_logs" / "content-style"


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """Three photos of other sizes, in a folder of their own."""
    shapes = {"a": (40, 50), "b": (64, 33), "c": (48, 64)}
    paths = [tmp_path / "holiday" / f"{name}.png" for name in shapes]
    for seed, (path, shape) in enumerate(zip(paths, shapes.values(), strict=True), start=5):
        shoot(path, synthetic_photo(*shape, seed=seed))
    return paths


def predict(look: Path, *options: str | Path) -> None:
    ckpt = look / "checkpoints" / "last.ckpt"
    main(["predict", "--ckpt_path", str(ckpt), "--output.dir", "graded", *map(str, options)])


def refused(look: Path, *options: str | Path, status: int = 2) -> None:
    with pytest.raises(SystemExit) as caught:
        predict(look, *options)
    assert caught.value.code == status


@pytest.mark.slow
def test_the_style_of_the_run_is_only_graded_if_it_is_named(
    look: Path, photos: list[Path], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Its own look would only be given to it a second time."""
    monkeypatch.setattr("verism.look.saved.photos", lambda look: ([], [photos[0]]))
    with caplog.at_level("INFO"):
        predict(look, "--data.photos", photos[0].parent)
    assert "a.png is the style, and is left out." in caplog.messages
    assert {path.name for path in Path("graded").glob("*.png")} == {"b.png", "c.png"}
    predict(look, "--data.photos", photos[0])
    assert Path("graded/a.png").is_file()


def fitted_grid(look: Path) -> BilateralGrid:
    state = checkpoint.read(look / "checkpoints" / "last.ckpt")
    options = state["hyper_parameters"]["canvas"]["init_args"]
    canvas = BilateralGrid(radius=options["radius"], epsilon=options["epsilon"])
    canvas.resume(checkpoint.canvas_state(state))
    return canvas


def results() -> list[str]:
    return sorted(path.name for path in Path("graded").iterdir() if path.is_file() and not path.match("sheet*.jpg"))


def assert_is(path: Path, image: Tensor) -> None:
    """As it was written: clipped, and rounded to 8 bits."""
    torch.testing.assert_close(images.read(path), image.detach().clamp(0, 1), rtol=0, atol=0.51 / 255)


def test_a_photo_beyond_srgb_is_itself_at_strength_0_and_else_told(
    look: Path, photos: list[Path], caplog: pytest.LogCaptureFixture
) -> None:
    """In its own space; what sRGB cannot show is mixed back in as the photo itself is."""
    samples = np.random.default_rng(0).integers(0, 65536, (48, 64, 3)).astype(np.uint16)
    wide = photos[0].with_name("wide.tif")
    tifffile.imwrite(wide, samples, photometric="rgb", iccprofile=imagecodecs.cms_profile("adobergb"))
    keep = ("--data.photos", wide, "--hold_back", "false", "--output.profile", "keep")
    with caplog.at_level("INFO"):
        for strength in ("0", "0.5", "1"):
            predict(look, *keep, "--output.strength", strength, "--output.dir", strength)
    pictures = {strength: tifffile.imread(Path(strength, "wide.tif")).astype(float) for strength in ("0", "0.5", "1")}
    np.testing.assert_array_equal(pictures["0"], samples)
    between = (pictures["0"] + pictures["1"]) / 2
    assert np.abs(pictures["0.5"] - between).mean() < 0.05 * np.abs(pictures["1"] - samples).mean()
    told = [message for message in caplog.messages if "outside sRGB" in message]
    assert [message.endswith("50% of the difference is mixed back in.") for message in told] == [True, False]
    assert all(message.startswith(f"{wide}: ") for message in told)


@both
def test_photos_get_the_look_at_their_own_sizes(
    look: Path, photos: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    predict(look, "--data.photos", *photos)
    # Paths as they were typed.
    assert capsys.readouterr().out == "3 of 3 photos are in graded\nBefore and after: graded/sheet.jpg\n"
    assert results() == ["a.png", "b.png", "c.png"]
    for path in photos:
        before, after = images.read(path), images.read(Path("graded") / path.name)
        assert after.shape == before.shape
        assert float((after - before).abs().mean()) > 2 / 255


def test_says_what_made_them(look: Path, photos: list[Path]) -> None:
    predict(look, "--data.photos", photos[0], "--output.strength", "0.5", "--output.tone", "0.25")
    with Image.open("graded/a.png") as file:
        said = json.loads(file.getexif()[ExifTags.Base.ImageHistory])
    assert said == {"look": "last.ckpt", "strength": "0.5", "color": "1.0", "tone": "0.25"}


def test_files_stay_what_they_were(look: Path, photos: list[Path]) -> None:
    """16 bits and the shot's time, unless asked otherwise."""
    shot = photos[0].with_name("shot.tiff")
    exif = Image.Exif()
    exif[ExifTags.Base.DateTime] = "2020:05:17 11:22:33"
    photo_file.write(shot, photo_file.read(photos[0])._replace(depth=16, exif=exif.tobytes()), {})
    predict(look, "--data.photos", str(shot))
    graded = photo_file.read(Path("graded/shot.tiff"))
    assert graded.depth == 16
    assert b"2020:05:17 11:22:33" in graded.exif
    predict(look, "--data.photos", str(shot), "--output.depth", "8", "--output.dither", "true", "--output.dir", "eight")
    eight = photo_file.read(Path("eight/shot.tiff"))
    assert eight.depth == 8
    torch.testing.assert_close(eight.pixels, graded.pixels, rtol=0, atol=1.01 / 255)


@both
def test_strength_0_is_the_photo_exactly_and_half_is_between(look: Path, photos: list[Path]) -> None:
    for strength in ("0", "0.5", "1"):
        predict(look, "--data.photos", *photos, "--output.strength", strength, "--output.dir", f"at{strength}")
    for path in photos:
        photo = images.read(path)
        none, half, full = (images.read(Path(f"at{strength}") / path.name) for strength in ("0", "0.5", "1"))
        assert torch.equal(none, photo)
        torch.testing.assert_close(half, (photo + full) / 2, rtol=0, atol=1.01 / 255)


@both
def test_colour_and_tone_are_those_of_strength(look: Path, photos: list[Path]) -> None:
    """To the last of 8 bits."""
    for part in ("strength", "color", "tone"):
        share = "1" if part == "strength" else "0"
        options = ("--hold_back", "false", f"--output.{part}", share, "--output.dir", part)
        predict(look, "--data.photos", *photos, *options)
    for path in photos:
        photo = images.read(path)
        full, color, tone = (images.read(Path(folder) / path.name) for folder in ("strength", "color", "tone"))
        # What was given to Strength had not been rounded.
        torch.testing.assert_close(color, Strength(color=0)(photo, full), rtol=0, atol=3 / 255)
        torch.testing.assert_close(tone, Strength(tone=0)(photo, full), rtol=0, atol=3 / 255)
        assert float((color - full).abs().mean()) > 1 / 255
        assert float((tone - color).abs().mean()) > 1 / 255


def test_the_folder_of_a_run_stands_for_its_checkpoint(look: Path, photos: list[Path]) -> None:
    predict(look, "--data.photos", photos[0])
    main(["predict", "--ckpt_path", str(look), "--output.dir", "again", "--data.photos", str(photos[0])])
    assert torch.equal(images.read(Path("again/a.png")), images.read(Path("graded/a.png")))


@both
def test_photos_of_other_colours_are_named_at_the_end(
    look: Path, photos: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """With the share of their pixels; photos of the fit's own colours are not."""
    content = images.read(Path("../content.png"))
    red = torch.tensor([1.0, 0.0, 0.05]).view(3, 1, 1)
    for name, columns in (("half.png", 32), ("few.png", 2), ("all.png", 64)):
        photo = content.clone()
        photo[..., :columns] = red
        images.write(photos[0].with_name(name), photo, {})
    predict(look, "--data.photos", "../content.png", *(photos[0].with_name(f"{n}.png") for n in ("half", "few", "all")))
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]
    # The fit was to a smaller version, without all of the grain.
    assert re.match(
        r"verism: warning: (the look was not made for the colours of )?half\.png \(5[0-2]% of its pixels\), all\.png "
        r"\(100% of its pixels\)(; check these results\.| have changed less, because they have colours )",
        line,
    )
    assert "few.png" not in line
    assert "content.png" not in line
    predict(look, "--data.photos", "../content.png", "--output.dir", "own")
    assert "warning" not in capsys.readouterr().err


@grid
def test_the_look_is_weaker_on_photos_with_other_colours(
    look: Path, photos: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """In proportion to their share, which is said; a photo that is known has the look in full, as has the run's own."""
    content = images.read(Path("../content.png"))
    for name, columns in (("known.png", 0), ("half.png", 32), ("all.png", 64)):
        photo = content.flip(-1)
        photo[..., :columns] = torch.tensor([1.0, 0.0, 0.05]).view(3, 1, 1)
        images.write(photos[0].with_name(name), photo, {})
    files = [Path("../content.png"), *(photos[0].with_name(f"{name}.png") for name in ("known", "half", "all"))]
    predict(look, "--data.photos", *files)
    line, own, full = capsys.readouterr().err.splitlines()[-3:]
    assert line.endswith(" have changed less, because they have colours that the look was not made for.")
    names = " ".join(str(file) for file in files[2:])
    # What does better comes first.
    assert re.fullmatch(
        rf"A fit of their own does better: .* run {names} \S*style\.png --output\.path graded-own/", own
    )
    assert full.startswith("The whole look all the same, at the risk of colour casts and blotches: ")
    command = shlex.split(full.partition(": ")[2])
    assert command[1:2] == ["predict"]
    assert command[3:5] == [str(file) for file in files[2:]]
    assert command[-4:] == ["--output.dir", "graded-full", "--hold_back", "false"]
    main(command[1:])
    line, own = capsys.readouterr().err.splitlines()[-2:]
    assert line.endswith("; check these results.")
    assert own.startswith("If they disappoint, a fit of their own does better: ")
    # The proposed folder is never one that holds other pictures.
    predict(look, "--data.photos", *files, "--output.overwrite", "true")
    assert capsys.readouterr().err.splitlines()[-1].endswith("--output.dir graded-full-2 --hold_back false")
    predict(look, "--data.photos", *files, "--hold_back", "false", "--output.dir", "full")
    assert Path("graded-full/all.png").read_bytes() == Path("full/all.png").read_bytes()
    on_other_photos = OnOtherPhotos(fitted_grid(look))
    for file in files[2:]:
        photo, held = (images.read(folder / file.name) for folder in (photos[0].parent, Path("graded")))
        treatment = on_other_photos.treatment([photo], Strength())
        assert treatment.strength.strength < 0.6
        torch.testing.assert_close(held, treatment(photo), rtol=0, atol=0.51 / 255)
        with Image.open(Path("graded") / file.name) as written:
            said = json.loads(written.getexif()[ExifTags.Base.ImageHistory])
        assert float(said["strength"]) == pytest.approx(treatment.strength.strength)
    for name in ("content.png", "known.png"):
        assert torch.equal(images.read(Path("graded") / name), images.read(Path("full") / name))


def test_a_warning_names_a_few_of_many_photos() -> None:
    """In a folder of thousands, it stays one line that can be read."""
    line = warning({Path(f"{number}.png"): 0.5 for number in range(12)}, lambda _: "")
    assert "9.png (50% of its pixels), and 2 more; check" in line
    assert "10.png" not in line
    assert line.endswith("a fit of their own does better: verism mine.jpg theirs.jpg\n")
    assert "more" not in warning({Path(f"{number}.png"): 0.5 for number in range(10)}, lambda _: "")


def test_a_table_does_the_same_to_every_photo(look: Path, photos: list[Path]) -> None:
    """Its own among them, whatever --output.local says."""
    own = Path("../content.png")
    for local in ("null", "true", "false"):
        predict(look, "--data.photos", *photos, own, "--output.local", local, "--output.dir", local)
    for path in [*photos, own]:
        first, *others = (images.read(Path(local) / path.name) for local in ("null", "true", "false"))
        for other in others:
            torch.testing.assert_close(other, first, rtol=0, atol=1.01 / 255)
    assert torch.equal(images.read(Path("null/content.png")), images.read(look / "result.png"))


@grid
def test_a_grid_is_for_its_own_photo_and_its_table_for_others(look: Path, photos: list[Path]) -> None:
    """Recognised by its pixels, and not by its name or shape."""
    shutil.copy("../content.png", "renamed.png")
    predict(look, "--data.photos", "renamed.png", "../content.png", *photos, "--hold_back", "false")
    result = images.read(look / "result.png")
    assert torch.equal(images.read(Path("graded/renamed.png")), result)
    assert torch.equal(images.read(Path("graded/content.png")), result)
    canvas = fitted_grid(look)
    table = canvas.table(canvas.photo)
    for path in photos:
        assert_is(Path("graded") / path.name, through(table, images.read(path)))


@grid
def test_places_are_treated_as_the_runs_if_asked(look: Path, photos: list[Path]) -> None:
    own = Path("../content.png")
    predict(look, "--data.photos", own, *photos, "--output.local", "true", "--output.dir", "by_place")
    predict(
        look,
        "--data.photos",
        own,
        *photos,
        "--output.local",
        "false",
        "--output.dir",
        "by_color",
        "--hold_back",
        "false",
    )
    canvas = fitted_grid(look)
    table = canvas.table(canvas.photo)
    for path in [own, *photos]:
        photo = images.read(path)
        by_place, by_color = canvas.render(photo), through(table, photo)
        assert float((by_place - by_color).abs().mean()) > 1 / 255
        assert_is(Path("by_place") / path.name, by_place)
        assert_is(Path("by_color") / path.name, by_color)


def test_patterns_and_names_each_photo_once(look: Path, photos: list[Path]) -> None:
    predict(look, "--data.photos", photos[0].parent / "*.png", photos[1], photos[0].parent / "[ab].*")
    assert results() == ["a.png", "b.png", "c.png"]


def test_the_run_and_the_photos_may_be_named_first(
    look: Path, photos: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    main(["predict", str(look), *map(str, photos), "--output.dir", "graded"])
    assert results() == ["a.png", "b.png", "c.png"]
    predict(look, "--data.photos", *photos, "--output.dir", "named")
    for path in photos:
        assert torch.equal(images.read(Path("graded") / path.name), images.read(Path("named") / path.name))
    capsys.readouterr()
    with pytest.raises(SystemExit, match="2"):
        main(["predict", "contnt-style", str(photos[0]), "--output.dir", "other"])
    assert (
        f"contnt-style: no such checkpoint, run or series; did you mean lightning_logs/{look.name}?"
        in capsys.readouterr().err
    )
    with pytest.raises(SystemExit, match="2"):
        main(["predict", str(look), "--output.dir", "other"])
    assert "data.photos" in capsys.readouterr().err


def test_a_sheet_shows_several_before_and_after(
    look: Path, photos: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Beside the results, where it replaces nothing; of one photo, or if it is not wanted, there is none."""
    predict(look, "--data.photos", photos[0])
    predict(look, "--data.photos", *photos[1:], "--output.sheet", "false")
    assert "Before" not in capsys.readouterr().out
    assert not list(Path("graded").glob("sheet*"))
    Path("graded/sheet.jpg").write_text("somebody's")
    predict(look, "--data.photos", *photos, "--output.overwrite", "true")
    assert min(images.read(Path("graded/sheet.jpg")).shape[-2:]) > 300
    shutil.rmtree("graded")
    shutil.copy(photos[0], photos[0].with_name("sheet.png"))
    shoot(photos[0].with_name("sheet.jpg"), images.read(photos[1]))
    predict(look, "--data.photos", photos[0].parent)
    assert sorted(path.name for path in Path("graded").glob("sheet*")) == ["sheet-2.jpg", "sheet.jpg", "sheet.png"]
    assert images.read(Path("graded/sheet.jpg")).shape == images.read(photos[1]).shape
    assert "Before and after: graded/sheet-2.jpg" in capsys.readouterr().out


def test_results_keep_their_names_and_formats_if_they_can(look: Path, photos: list[Path]) -> None:
    with Image.open(photos[0]) as picture:
        for name in ("d.jpg", "e.tiff", "f.WebP", "g.gif"):
            picture.save(photos[0].parent / name)
    predict(look, "--data.photos", photos[0].parent / "[d-g].*")
    assert results() == ["d.jpg", "e.tiff", "f.WebP", "g.png"]
    with Image.open("graded/d.jpg") as written:
        assert written.format == "JPEG"


def test_bad_files_are_named_at_the_end_and_the_others_done(
    look: Path, photos: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = photos[0].parent
    (folder / "aa.png").write_text("this is text")
    photos[1].write_bytes(photos[1].read_bytes()[:200])
    refused(look, "--data.photos", folder / "*.png", status=1)
    out, err = capsys.readouterr()
    assert out.startswith("2 of 4 photos are in graded\n")
    said = err.strip().splitlines()[-1]
    assert said.startswith("verism: ")
    assert f"{folder / 'aa.png'}: not an image" in said
    assert f"{folder / 'b.png'}: cannot be read as an image" in said
    assert "Traceback" not in err
    assert results() == ["a.png", "c.png"]


def test_nothing_is_counted_before_the_names_are_known_to_be_there(
    look: Path, photos: list[Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is the look loaded."""
    missing = photos[0].with_name("missing.jpg")
    with monkeypatch.context() as patch:
        patch.setattr("verism.commands.predict.Grading", None)
        refused(look, "--data.photos", photos[0], missing)
    assert capsys.readouterr() == ("", f"verism: {missing}: no such photo.\n")
    missing.write_text("this is text")
    refused(look, "--data.photos", missing, status=1)
    out, err = capsys.readouterr()
    assert not out
    assert err.splitlines()[-1].startswith(f"verism: {missing}: not an image")
    assert not Path("graded").exists()


def test_the_same_command_does_what_is_new_and_leaves_the_rest_alone(
    look: Path, photos: list[Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an executor, too, which can take over; and Ctrl-C loses nothing."""
    monkeypatch.setattr(executors.local, "run", here)
    folder, graded = photos[0].parent, "graded"
    shelf = photos[2].rename(folder.with_name("c.png"))
    predict(look, "--data.photos", folder)
    capsys.readouterr()
    # Somebody has worked on it since.
    retouched = images.read(Path("graded/a.png")).flip(-1)
    shoot(Path("graded/a.png"), retouched)
    shelf.rename(photos[2])
    predict(look, "--data.photos", folder)
    out, err = capsys.readouterr()
    assert out == f"3 of 3 photos are in {graded}\nBefore and after: {graded}/sheet.jpg\n"
    assert "verism: 2 of 3 photos are done already.\n" in err
    assert torch.equal(images.read(Path("graded/a.png")), retouched)
    assert results() == ["a.png", "b.png", "c.png"]
    Path("graded/b.png").unlink()
    sheet = Path("graded/sheet.jpg").read_bytes()
    predict(look, "--data.photos", folder, "--executor", "local")
    out, err = capsys.readouterr()
    assert out.startswith(f"Table: {graded}/photos.csv, {ABOUT}\n3 of 3 photos")
    assert "verism: 2 of 3 photos are done already.\n" in err
    assert Path("graded/b.png").is_file()
    predict(look, "--data.photos", folder, "--executor", "local")
    out, err = capsys.readouterr()
    assert out == f"Table: {graded}/photos.csv, {ABOUT}\n3 of 3 photos are in {graded}\n"
    assert err == "verism: 3 of 3 photos are done already.\n"
    assert Path("graded/sheet.jpg").read_bytes() == sheet
    assert len(Path("graded/photos.csv").read_text().splitlines()) == 4


def test_what_was_made_otherwise_is_in_the_way(
    look: Path, photos: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    predict(look, "--data.photos", *photos[:2])
    before = Path("graded/a.png").read_bytes()
    for options in (("--output.strength", "0.5"), ("--output.codec", "ffv1"), ("--hold_back", "false")):
        refused(look, "--data.photos", *photos, *options)
        said = "a.png: exists already; it was made of another photo, or with another look or other options; choose"
        assert said in capsys.readouterr().err
    shutil.copy(photos[2], photos[0])
    refused(look, "--data.photos", *photos)
    assert said in capsys.readouterr().err
    assert Path("graded/a.png").read_bytes() == before
    assert not Path("graded/c.png").exists()
    predict(look, "--data.photos", *photos, "--output.overwrite", "true")
    assert Path("graded/a.png").read_bytes() != before


def test_a_sheet_of_others_or_changed_since_is_kept(look: Path, photos: list[Path]) -> None:
    predict(look, "--data.photos", *photos[:2])
    shutil.copy(photos[0], photos[0].with_name("d.png"))
    predict(look, "--data.photos", photos[2], photos[0].with_name("d.png"))
    assert sorted(path.name for path in Path("graded").glob("sheet*")) == ["sheet-2.jpg", "sheet.jpg"]
    Path("graded/sheet.jpg").write_bytes(b"somebody's")
    Path("graded/d.png").unlink()
    predict(look, "--data.photos", photos[0].parent)
    assert Path("graded/sheet.jpg").read_bytes() == b"somebody's"


def test_what_cannot_be_written_is_named_at_the_end(
    look: Path, photos: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("graded/b.png").mkdir(parents=True)
    refused(look, "--data.photos", *photos, "--output.overwrite", "true", status=1)
    assert f"{Path('graded/b.png').resolve()}: cannot be written" in capsys.readouterr().err
    assert Path("graded/c.png").is_file()


def test_never_overwrites_unless_asked(look: Path, photos: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    """And finds out before the first photo is done."""
    Path("graded").mkdir()
    Path("graded/c.png").write_bytes(b"precious")
    refused(look, "--data.photos", *photos)
    assert "c.png: exists already; choose another --output.dir, or set --output.overwrite true" in (
        capsys.readouterr().err
    )
    assert Path("graded/c.png").read_bytes() == b"precious"
    assert len(list(Path("graded").iterdir())) == 1
    predict(look, "--data.photos", *photos, "--output.overwrite", "true")
    assert images.read(Path("graded/c.png")).shape == (1, 3, 48, 64)


@pytest.mark.parametrize("overwrite", ["true", "false"])
def test_never_replaces_a_photo_by_its_result(
    look: Path, photos: list[Path], capsys: pytest.CaptureFixture[str], overwrite: str
) -> None:
    before = [path.read_bytes() for path in photos]
    Path("link").symlink_to(photos[0].parent)
    for folder in (photos[0].parent, Path("link"), Path("link/../holiday")):
        refused(look, "--data.photos", *photos, "--output.dir", folder, "--output.overwrite", overwrite)
        error = capsys.readouterr().err
        assert f"{photos[0]}: its result would replace it; choose another --output.dir" in error
        assert "--output.overwrite" not in error
    assert [path.read_bytes() for path in photos] == before


def here(self: executors.local, tasks: Sequence[executors.Task]) -> None:
    for task in tasks:
        # As on its way to a worker.
        pickle.loads(pickle.dumps(task))()


@pytest.mark.parametrize(("look", "adapt"), [("Lut3d", "false"), ("RegionalGrade", "true")], indirect=["look"])
def test_an_executor_makes_the_same_and_a_table(
    look: Path, photos: list[Path], adapt: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """tests/batch/test_jobs.py has real ones."""
    monkeypatch.setattr(executors.local, "run", here)
    options = ("--output.strength", "0.7", "--adapt", adapt)
    predict(look, "--data.photos", *photos, *options, "--output.dir", "plain")
    capsys.readouterr()
    photos[0].with_name("aa.png").write_text("this is text")
    handed_out = ("--data.photos", photos[0].parent / "*.png", *options, "--executor", "local")
    refused(look, *handed_out, status=1)
    folder = Path("graded")
    out, err = capsys.readouterr()
    assert (
        out == f"Table: graded/photos.csv, {ABOUT}\n3 of 4 photos are in graded\nBefore and after: graded/sheet.jpg\n"
    )
    assert "aa.png: not an image" in err.splitlines()[-1]
    assert results() == ["a.png", "b.png", "c.png", "photos.csv"]
    for path in photos:
        assert (folder / path.name).read_bytes() == (Path("plain") / path.name).read_bytes()
    with (folder / "photos.csv").open(newline="", encoding="utf-8") as file:
        rows = {Path(row["photo"]).name: row for row in csv.DictReader(file)}
    assert {name: row["status"] for name, row in rows.items()} == {
        "a.png": "finished",
        "aa.png": "failed",
        "b.png": "finished",
        "c.png": "finished",
    }
    assert rows["aa.png"]["error"].startswith(f"{photos[0].with_name('aa.png')}: not an image")
    assert 0 <= float(rows["a.png"]["unknown_colors"]) <= 1
    (folder / "photos.csv").write_text("somebody's")
    refused(look, *handed_out)
    assert "photos.csv: exists already; choose another --output.dir" in capsys.readouterr().err
    assert (folder / "photos.csv").read_text() == "somebody's"


def test_overlapping_changes_nothing(look: Path, photos: list[Path]) -> None:
    """Nor does the device, where there is no GPU."""
    predict(look, "--data.photos", *photos)
    predict(look, "--data.photos", *photos, "--device", "auto", "--output.dir", "auto")
    grading = Grading(Recipe(look / "checkpoints" / "last.ckpt", "", "last.ckpt"))
    for path in photos:
        grading(path, Path("alone") / path.name)
        alone = (Path("alone") / path.name).read_bytes()
        assert (Path("graded") / path.name).read_bytes() == alone
        if not torch.cuda.is_available():
            assert (Path("auto") / path.name).read_bytes() == alone


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
@pytest.mark.parametrize(
    ("look", "adapt"), [("Lut3d", "false"), ("RegionalGrade", "false"), ("RegionalGrade", "true")], indirect=["look"]
)
def test_a_gpu_gives_the_same_within_a_level(look: Path, photos: list[Path], adapt: str) -> None:
    own = look.parents[2] / "content.png"
    for device in ("cpu", "cuda"):
        options = ("--adapt", adapt, "--device", device, "--output.dir", device)
        predict(look, "--data.photos", *photos, own, *options)
    for path in (*photos, own):
        on_cpu, on_gpu = (images.read(Path(device) / path.name) for device in ("cpu", "cuda"))
        assert float((on_cpu - on_gpu).abs().max()) <= 1.01 / 255


def test_reading_leaves_the_canvas_where_it_is_rendered(
    look: Path, photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another thread may be using it."""
    grading = Grading(Recipe(look / "checkpoints" / "last.ckpt", "", "last.ckpt"))

    def moved(*_: object) -> None:
        raise AssertionError("the canvas was moved")

    with monkeypatch.context() as context:
        context.setattr(grading.canvas, "to", moved)
        source = grading.read(photos[0])
    assert grading.render(source).photo.pixels.shape == source.photo.pixels.shape


def test_ctrl_c_leaves_whole_photos_alone(
    look: Path, photos: list[Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those that were rendered are written, and no thread goes on."""
    for number in range(6):
        shutil.copy(photos[0], photos[0].with_name(f"more{number}.png"))
    rendered: list[Source] = []
    plain = Grading.render

    def interrupted(self: Grading, source: Source) -> Source:
        if len(rendered) == 3:
            raise KeyboardInterrupt
        rendered.append(source)
        return plain(self, source)

    monkeypatch.setattr(Grading, "render", interrupted)
    refused(look, "--data.photos", photos[0].parent / "*.png", status=130)
    out, err = capsys.readouterr()
    assert not out
    assert err.endswith("verism: Stopped; 3 of 9 photos are done, and the same command does the rest.\n")
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("verism")]
    assert results() == ["a.png", "b.png", "c.png"]
    for path in photos:
        assert images.read(Path("graded") / path.name).shape == images.read(path).shape


def test_what_does_not_fit_into_a_gpu_is_rendered_on_the_cpu_which_is_said(
    look: Path, photos: list[Path], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    predict(look, "--data.photos", *photos)
    meta, plain = torch.device("meta"), Treatment.__call__

    def full(self: Treatment, photo: Tensor) -> Tensor:
        if photo.device == meta:
            raise torch.OutOfMemoryError
        return plain(self, photo)

    monkeypatch.setattr(Treatment, "__call__", full)
    grading = Grading(Recipe(look / "checkpoints" / "last.ckpt", "", "last.ckpt"))
    source = grading.read(photos[0])
    grading.device = meta
    grading.write(Path("fallen/a.png"), grading.render(source))
    assert (
        "A photo of 50×40 pixels does not fit into the free memory of meta, and is rendered on the CPU." in caplog.text
    )
    assert Path("fallen/a.png").read_bytes() == Path("graded/a.png").read_bytes()


def test_a_gpu_that_there_is_not_is_refused(
    look: Path, photos: list[Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for options, said in (
        (("--device", "cuda"), "--device cuda: torch finds no GPU here; choose auto or cpu."),
        (("--device", "gpu"), "--device gpu: must be auto, cpu, cuda, or one of several GPUs"),
        (("--device", "cuda:1", "--executor", "local"), "--device cuda:1: with --executor, each process has its own"),
    ):
        refused(look, "--data.photos", *photos, *options)
        assert f"verism: {said}" in capsys.readouterr().err
    assert not Path("graded").exists()


def test_two_photos_of_one_name_are_refused(look: Path, photos: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    """Or whose results would have one, because their endings are not written."""
    (photos[0].parent / "other").mkdir()
    shutil.copy(photos[1], photos[0].parent / "other" / "a.png")
    with Image.open(photos[0]) as picture:
        picture.save(photos[0].parent / "a.gif")
    for other in (photos[0].parent / "other" / "a.png", photos[0].parent / "a.gif"):
        refused(look, "--data.photos", photos[0], other)
        assert f"{other}: another photo has the same name" in capsys.readouterr().err
    assert not Path("graded").exists()


def test_mistakes_get_one_sentence_and_write_nothing(
    look: Path, photos: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    for options, said in (
        (("--data.photos", str(photos[0].parent / "*.gif")), "*.gif: matches no photo"),
        (("--data.photos", str(photos[0]), "--output.strength", "2"), "--output.strength 2.0: must be from 0"),
        (("--data.photos", str(photos[0]), "--output.color", "-1"), "--output.color -1.0: must be from 0"),
        (("--data.photos", str(photos[0]), "--output.local", "maybe"), "output.local"),
        ((), "data.photos"),
    ):
        refused(look, *options)
        error = capsys.readouterr().err.strip().splitlines()[-1]
        assert error.startswith("verism: ")
        assert said in error
    assert not Path("graded").exists()


@pytest.mark.parametrize("adapt", ["true", "false"])
def test_a_depth_that_one_result_cannot_have_is_told_once_and_before_the_work(
    look: Path, photos: list[Path], capsys: pytest.CaptureFixture[str], adapt: str
) -> None:
    for name in ("d.jpg", "e.jpg"):
        shoot(photos[0].with_name(name), synthetic_photo(40, 50, seed=3))
    refused(look, "--data.photos", photos[0].parent, "--output.depth", "16", "--adapt", adapt)
    (sentence,) = capsys.readouterr().err.splitlines()
    assert sentence.startswith("verism: --output.depth 16: d.jpg and e.jpg would have to be PNG or TIFF files")
    assert not Path("graded").exists()
    # Without those, it is not.
    predict(look, "--data.photos", *photos, "--output.depth", "16")
    assert photo_file.read(Path("graded/a.png")).depth == 16


@pytest.mark.parametrize("look", ["Pixels"], indirect=True)
def test_a_run_that_has_no_look_is_refused(look: Path, photos: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    refused(look, "--data.photos", *photos)
    assert (
        "last.ckpt: its canvas holds one image, and not a look that other photos could take on: fit with "
        "--model.canvas RegionalGrade, Lut3d or BilateralGrid, as photoreal.yaml does"
    ) in capsys.readouterr().err
    assert not Path("graded").exists()


def test_help_explains_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["predict", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    for words in (
        "The folder of the run, or one of its checkpoints; the folder of a series",
        "patterns such as",
        "which keep the names of their photos",
        "Replace files that exist",
        "that of the photo's embedded profile",
    ):
        assert words in text


PHOTOREAL = ("--config", "photoreal.yaml", "--trainer.max_steps", "2", "--data.size", "48")
OWN = ("--data.content", "../content.png", "--data.style", "../style.png")


def test_the_whole_of_photoreal(tiny_weights: Weights, run: Callable[..., Path], photos: list[Path]) -> None:
    """Regions that are found, a grade for each, one treatment for one colour; and the look on other photos."""
    look = run(*PHOTOREAL, *OWN)
    result = images.read(look / "result.png")
    content = images.read(Path("../content.png"))
    assert result.shape == content.shape
    assert float((result - content).abs().mean()) > 2 / 255
    state = checkpoint.canvas_state(checkpoint.read(look / "checkpoints" / "last.ckpt"))
    canvas = RegionalGrade()
    canvas.resume(state)
    assert len(canvas.controls) == 1 + canvas.shares.shape[1]
    assert float(canvas.controls.detach().abs().max()) > 0
    assert_is(look / "result.png", canvas.render(content))
    predict(look, "--data.photos", "../content.png", *photos, "--hold_back", "false")
    assert torch.equal(images.read(Path("graded/content.png")), result)
    table = canvas.table(canvas.photo).detach()
    for path in photos:
        assert_is(Path("graded") / path.name, through(table, images.read(path)))


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Four frames of the photo of the run, each a little brighter."""
    photo = images.read(tmp_path / "content.png")[0].permute(1, 2, 0).numpy()
    pictures = [clips.yuv(np.clip(photo * gain, 0, 1)) for gain in (0.9, 1.0, 1.1, 1.2)]
    (tmp_path / "holiday").mkdir(exist_ok=True)
    return clips.write(tmp_path / "holiday" / "clip.mkv", pictures, sound=True)


def test_a_clip_passes_the_table_frame_by_frame(
    look: Path,
    photos: list[Path],
    clip: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As a photo does, to the rounding of its samples; its codec is chosen; photos may be beside it."""
    monkeypatch.setattr("verism.lines.MOST", 0.0)
    options = ("--output.codec", "ffv1", "--output.strength", "0.6")
    predict(look, "--data.photos", clip, photos[0], *options)
    out, err = capsys.readouterr()
    assert out.startswith("2 of 2 photos are in graded\n")
    assert "clip.mkv: 4 of 4\n" in err
    table = fitted_table(look)
    with av.open(str(clip)) as file:
        before = [frame.to_ndarray(format="gbrpf32le") for frame in file.decode(video=0)]
    with av.open("graded/clip.mkv") as file:
        after = [frame.to_ndarray(format="gbrpf32le") for frame in file.decode(video=0)]
    assert len(after) == len(before) == 4
    for old, new in zip(before, after, strict=True):
        photo, image = (torch.from_numpy(rows.transpose(2, 0, 1)).unsqueeze(0).clamp(0, 1) for rows in (old, new))
        wanted = Strength(0.6)(photo, through(table, photo))
        assert float((image - wanted).abs().mean()) <= 0.5 / 255
        # A level of luma is one of each colour, and one of Cb is almost two of blue.
        written = through(at_strength(table, Strength(0.6), 65), photo).clamp(0, 1)
        assert float((image - written).abs().max()) <= 2.5 / 255
        assert float((image - photo).abs().mean()) > 1 / 255


def fitted_table(look: Path) -> Tensor:
    canvas = saved.read(look)
    return canvas.table(canvas.photo)


def test_clips_are_never_replaced_and_keep_their_containers(
    look: Path, clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    predict(look, "--data.photos", clip)
    before = Path("graded/clip.mkv").read_bytes()
    capsys.readouterr()
    predict(look, "--data.photos", clip)
    assert capsys.readouterr() == (
        "1 of 1 clips are in graded\n",
        "verism: 1 of 1 clips are done already.\n",
    )
    refused(look, "--data.photos", clip, "--output.strength", "0.5")
    assert "clip.mkv: exists already; it was made of another" in capsys.readouterr().err
    assert Path("graded/clip.mkv").read_bytes() == before
    predict(look, "--data.photos", clip, "--output.codec", "prores", "--output.dir", "prores")
    assert [path.name for path in Path("prores").iterdir() if path.is_file()] == ["clip.mkv"]
    refused(look, "--data.photos", clip, "--output.dir", clip.parent)
    assert "its result would replace it" in capsys.readouterr().err


def test_what_moves_is_not_treated_by_its_place(look: Path, clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused(look, "--data.photos", clip, "--output.local", "true")
    assert (
        "clip.mkv: --output.local true treats places differently, which would flicker in a clip"
        in capsys.readouterr().err
    )
    assert not Path("graded").exists()


def test_a_bad_clip_is_named_at_the_end(look: Path, clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (clip.parent / "bad.mp4").write_text("this is text")
    refused(look, "--data.photos", clip.parent / "bad.mp4", clip, status=1)
    out, err = capsys.readouterr()
    assert out == "1 of 2 clips are in graded\n"
    assert f"verism: {clip.parent / 'bad.mp4'}: cannot be read as a clip" in err
    assert results() == ["clip.mkv"]


def test_ctrl_c_while_a_clip_is_graded_ends_the_command(
    look: Path, clip: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(photo: Path, *_: object) -> None:
        raise InterruptedClipError(photo, photo.with_stem("clip-partial"), 3)

    monkeypatch.setattr("verism.commands.predict.grade_clip", interrupted)
    shutil.copy(clip, clip.with_stem("another"))
    refused(look, "--data.photos", clip, clip.with_stem("another"), status=130)
    assert capsys.readouterr().err.count("stopped after 3 frames") == 1


def test_a_clip_needs_a_package(
    look: Path, clip: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    refused(look, "--data.photos", clip)
    assert "Clips need another package: pip install 'verism[video]'" in capsys.readouterr().err
