"""The warning of two scenes where the method is for one; how scenes are told apart is tested in regions/test_search."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from verism.backbone.weights import Weights
from verism.callbacks import same_scene
from verism.callbacks.same_scene import DIFFERENT
from verism.regions.regions import Regions

SHARED = ("--model.canvas", "Lut3d", "--model.canvas.init", "shared")

SHORT = ("--trainer.max_steps", "1", "--data.size", "32")


@pytest.mark.parametrize(
    ("one_scene", "options", "warned"),
    [(0.0, SHARED, True), (1.0, SHARED, False), (0.0, ("--model.canvas", "Lut3d"), False), (0.0, (), False)],
)
def test_photos_of_two_scenes_are_told_where_one_is_needed(
    tiny_weights: Weights,
    run: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    one_scene: float,
    options: tuple[str, ...],
    warned: bool,
) -> None:
    def found(*args: Any, **more: Any) -> Regions:
        mask = torch.ones(1, 1, 4, 4)
        return Regions(("#e6194b",), mask, mask, torch.ones(1), one_scene)

    monkeypatch.setattr(same_scene, "find_regions", found)
    run(*SHORT, *options)
    assert [it.getMessage() for it in caplog.records if it.levelno == logging.WARNING] == [DIFFERENT] * warned
