"""What a run leaves in its checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch

from verism import checkpoint
from verism.backbone.weights import Weights


def test_of_a_run_holds_its_canvas_and_its_options(tiny_weights: Weights, run: Callable[..., Path]) -> None:
    folder = run("--trainer.max_steps", "1", "--model.canvas", "Lut3d", "--model.canvas.controls", "5")
    file = folder / "checkpoints" / "last.ckpt"
    found = checkpoint.read(file)
    options = found["hyper_parameters"]["canvas"]
    assert options["class_path"].endswith("Lut3d")
    assert options["init_args"]["controls"] == 5
    assert options["init_args"]["space"]["class_path"] == "verism.color.spaces.Oklab"
    state = checkpoint.canvas_state(found)
    assert {name: tuple(tensor.shape) for name, tensor in state.items()} == {
        "controls": (3, 5, 5, 5),
        "photo": (1, 3, 48, 64),
        "matrix": (3, 3),
        "offset": (3,),
        "bent": (3, 33, 33, 33),
    }


def test_canvas_state_is_the_canvass_alone() -> None:
    tensors = {"canvas.pixels": torch.zeros(1), "style.target": torch.ones(1), "canvas.canvas.x": torch.ones(2)}
    assert checkpoint.canvas_state({"state_dict": tensors}) == {
        "pixels": tensors["canvas.pixels"],
        "canvas.x": tensors["canvas.canvas.x"],
    }
