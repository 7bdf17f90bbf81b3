"""A finished run, read back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from verism import images
from verism.backbone.weights import Weights
from verism.commands.finished_run import FinishedRun
from verism.errors import VerismError


def test_is_what_the_run_was(run: Callable[..., Path], tiny_weights: Weights) -> None:
    options = ("--data.size", "40", "--model.backbone.activation", "torch.nn.Tanh", "--model.style.weight", "7")
    folder = run("--trainer.max_steps", "2", *options)
    finished = FinishedRun.read(folder)
    assert torch.equal(finished.image, images.read(folder / "result.png"))
    assert finished.photos.content.shape == finished.image.shape == (1, 3, 40, 53)
    model = finished.build()
    assert isinstance(model.backbone.activation, torch.nn.Tanh)
    assert model.style.weight == 7


def test_knows_its_masks(run: Callable[..., Path], tiny_weights: Weights, tmp_path: Path) -> None:
    """At the run's size, with the run's threshold; a run without masks has none."""
    files = []
    for name, shape, share in (("content", (48, 64), 32), ("style", (56, 40), 12)):
        mask = torch.zeros(1, 3, *shape)
        mask[..., :share] = 1
        images.write(tmp_path / f"{name}_mask.png", mask, {})
        files += [f"--data.{name}_mask", str(tmp_path / f"{name}_mask.png")]
    short = ("--trainer.max_steps", "1", "--data.size", "40")
    regions = FinishedRun.read(run(*short, *files, "--data.mask_threshold", "0.5")).pair.masked
    assert regions is not None
    masks = regions.content
    assert masks.shape == (1, 2, 40, 53)
    assert masks.double().mean(dim=(0, 2, 3)).tolist() == pytest.approx([0.5, 0.5], abs=0.01)
    assert FinishedRun.read(run(*short)).pair.masked is None


@pytest.mark.parametrize("text", [None, "", "model: {}", "- 1", "{", b"\xff"])
def test_a_folder_without_a_run_is_refused(tmp_path: Path, text: str | bytes | None) -> None:
    if text is not None:
        (tmp_path / "config.yaml").write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(VerismError, match=r"is not the folder of a run: config\.yaml is missing"):
        FinishedRun.read(tmp_path)
