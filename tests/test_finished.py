"""A finished run, read back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from verism import images
from verism.errors import VerismError
from verism.finished import FinishedRun
from verism.weights import Weights


def test_is_what_the_run_was(run: Callable[..., Path], tiny_weights: Weights) -> None:
    options = ("--data.size", "40", "--model.backbone.activation", "torch.nn.Tanh", "--model.style.weight", "7")
    folder = run("--trainer.max_steps", "2", *options)
    finished = FinishedRun.read(folder)
    assert torch.equal(finished.image, images.read(folder / "result.png"))
    assert finished.photos.content.shape == finished.image.shape == (1, 3, 40, 53)
    model = finished.build()
    assert isinstance(model.backbone.activation, torch.nn.Tanh)
    assert model.style.weight == 7


@pytest.mark.parametrize("text", [None, "", "model: {}", "- 1", "{", b"\xff"])
def test_a_folder_without_a_run_is_refused(tmp_path: Path, text: str | bytes | None) -> None:
    if text is not None:
        (tmp_path / "config.yaml").write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(VerismError, match=r"holds no run: config\.yaml is missing"):
        FinishedRun.read(tmp_path)
