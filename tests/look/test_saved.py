"""A look, read back from its run."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from verism import checkpoint, images
from verism.backbone.weights import Weights
from verism.canvas import BilateralGrid, Lut3d
from verism.errors import VerismError
from verism.look import saved

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
