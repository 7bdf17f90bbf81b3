"""A look, read back from its run."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from conftest import synthetic_photo

from verism import checkpoint, images
from verism.backbone.weights import Weights
from verism.batch.from_run import Grading, Recipe
from verism.canvas import BilateralGrid, Lut3d
from verism.color.table import nodes, through
from verism.description import UNRECORDED
from verism.errors import VerismError
from verism.look import look_file, saved
from verism.look.by_regions import ByRegions
from verism.look.look import Look
from verism.look.on_other_photos import OnOtherPhotos
from verism.look.strength import Strength

FIT = ("--trainer.max_steps", "3", "--optimizer.lr", "0.1", "--data.size", "32", "--trainer.precision", "32-true")


@pytest.mark.parametrize("kind", [Lut3d, BilateralGrid])
def test_is_the_runs(tiny_weights: Weights, run: Callable[..., Path], kind: type) -> None:
    """By its folder or its checkpoint, and what it makes of the content photo is the result."""
    folder = run(*FIT, "--model.canvas", kind.__name__)
    for path in (folder, folder / "checkpoints" / "last.ckpt"):
        canvas = saved.read(path)
        assert isinstance(canvas, kind)
        assert not any(parameter.requires_grad for parameter in canvas.parameters())
        image = canvas.render(images.read(Path("../content.png"))).clamp(0, 1)
        torch.testing.assert_close(image, images.read(folder / "result.png"), rtol=0, atol=0.51 / 255)


def test_a_run_on_pixels_has_none(tiny_weights: Weights, run: Callable[..., Path]) -> None:
    folder = run(*FIT)
    with pytest.raises(VerismError, match=r"last\.ckpt: its canvas holds one image, and not a look .* Lut3d or Bil"):
        saved.read(folder)


def test_a_canvas_that_was_made_with_a_function_is_refused() -> None:
    """Before, the words that stand for its argument were taken for the argument."""
    made = {"class_path": "verism.Pixels", "init_args": {"init": UNRECORDED}}
    said = r"last.ckpt: the canvas of its run cannot be built here \(canvas.init: not recorded, because only"
    with pytest.raises(VerismError, match=said):
        saved.canvas(Path("last.ckpt"), {"hyper_parameters": {"canvas": made}})


def test_the_newest_checkpoint_counts(tmp_path: Path) -> None:
    """And not the one before, which is kept beside it."""
    last = tmp_path / "checkpoints" / "last.ckpt"
    for age, path in enumerate((last, checkpoint.before(last))):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"state")
        os.utime(path, (1e9 - age, 1e9 - age))
    assert saved.newest(tmp_path) == last


def test_a_folder_without_a_run(tmp_path: Path) -> None:
    with pytest.raises(VerismError, match="no such checkpoint, and no folder of a run that left one in checkpoints/"):
        saved.read(tmp_path)
    with pytest.raises(VerismError, match=r"missing\.ckpt: no such checkpoint"):
        saved.read(tmp_path / "missing.ckpt")


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """A look's own file, in the folder of a series that was fitted to dark greys."""
    folder = tmp_path / "series-theirs"
    look_file.write(folder / look_file.NAME, nodes(33) ** 1.3 * 0.9, "theirs")
    images.write(folder / look_file.FITTED_TO, torch.full((1, 3, 32, 32), 0.2), {})
    return folder / look_file.NAME


def test_a_series_and_a_file_have_one_too(theirs: Path, tmp_path: Path) -> None:
    """The same by all that read looks, and exactly the table, whatever the photo."""
    photo = synthetic_photo(32, 40, seed=1)
    expected = through(look_file.read(theirs)[0], photo)
    for path in (theirs, theirs.parent):
        assert saved.file(path) == theirs
        found = saved.read(path)
        torch.testing.assert_close(found.render(photo), expected, rtol=0, atol=1e-6)
        assert torch.equal(Look.read(path).table, look_file.read(theirs)[0])
        torch.testing.assert_close(Look.read(path).apply(photo), expected.clamp(0, 1), rtol=0, atol=1e-6)
        assert Look.read(path)(photo).size == (40, 32)
        grading = Grading(Recipe(saved.file(path), "", "theirs"))
        treated = grading.look.treatment([photo], Strength())
        torch.testing.assert_close(treated(photo), expected.clamp(0, 1), rtol=0, atol=1e-6)


def test_a_series_knows_the_colours_that_it_was_fitted_to(theirs: Path, tmp_path: Path) -> None:
    """Of a file elsewhere nobody knows them, and no photo is said to be strange to it."""
    elsewhere = shutil.copy(theirs, tmp_path / "look.safetensors")
    bright, photo = torch.full((1, 3, 8, 8), 0.9), synthetic_photo(32, 40, seed=1)
    for path, unknown in ((theirs.parent, 1.0), (Path(elsewhere), 0.0)):
        look = OnOtherPhotos(saved.read(path))
        treated = look.treatment([bright], Strength(0.5))
        assert (treated.strength, treated.unknown) == (Strength(0.5), unknown)
    assert look.treatment([photo], Strength()).unknown == 0


def test_a_table_has_neither_a_picture_nor_regions(theirs: Path) -> None:
    for path in (theirs, theirs.parent):
        with pytest.raises(
            VerismError, match=r"is a look without a picture of its own; .* predict .*theirs.* --output.dir predicted"
        ):
            saved.of_a_run(path)
        with pytest.raises(VerismError, match="--adapt true needs a look with regions"):
            ByRegions.read(path, saved.read(path))


def test_the_checkpoint_of_a_run_is_taken_before_a_table_that_was_written_beside_it(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").mkdir()
    last = tmp_path / "checkpoints" / "last.ckpt"
    last.write_bytes(b"x")
    look_file.write(tmp_path / look_file.NAME, nodes(17), "mine")
    assert saved.file(tmp_path) == saved.of_a_run(tmp_path) == last


def test_the_style_is_known_while_it_is_there(theirs: Path, tmp_path: Path, run: Callable[..., Path]) -> None:
    assert saved.styles(theirs) == []
    style = tmp_path / "style.jpg"
    (theirs.parent / look_file.STYLES).write_text(json.dumps([str(style)]))
    assert saved.styles(theirs.parent) == []
    style.touch()
    assert saved.styles(theirs.parent) == saved.styles(theirs) == [style]
    assert [path.is_file() for path in saved.styles(run("--trainer.max_steps", "1"))] == [True]
