"""The node for ComfyUI, by what ComfyUI documents of nodes: its inputs, its outputs, images as ``(B, H, W, 3)``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from by_path import module_at
from conftest import synthetic_photo

import verism
from verism.backbone.weights import Weights

FILE = Path(__file__).parents[2] / "integrations" / "comfyui" / "verism_node.py"


@pytest.fixture(scope="module")
def module() -> Any:
    """The file as ComfyUI loads it: by its path."""
    return module_at(FILE)


def test_says_what_comfyui_asks_for(module: Any) -> None:
    node = module.NODE_CLASS_MAPPINGS["VerismLook"]
    assert set(module.NODE_DISPLAY_NAME_MAPPINGS) == set(module.NODE_CLASS_MAPPINGS)
    inputs = node.INPUT_TYPES()
    assert list(inputs["required"]) == ["target", "reference", "strength", "color", "tone"]
    assert inputs["required"]["target"] == ("IMAGE",)
    assert all(kind[0] == "FLOAT" for kind in list(inputs["required"].values())[2:])
    assert callable(getattr(node(), node.FUNCTION))
    assert len(node.RETURN_TYPES) == len(node.RETURN_NAMES) == 2
    configs, *_ = inputs["optional"]["config"]
    for config in configs:
        assert (Path(__file__).parents[2] / "configs" / f"{config}.yaml").is_file()


@pytest.mark.slow
def test_is_the_picture_of_stylize(module: Any, tiny_weights: Weights, tmp_path: Path) -> None:
    """Two images at once, in the inference mode that ComfyUI runs nodes in; also the look as a file."""
    photos = [synthetic_photo(48, 64, seed) for seed in (1, 2)]
    style = synthetic_photo(56, 40, seed=3)
    lut = tmp_path / "look.cube"
    with torch.inference_mode():
        target, reference = (torch.cat(list(it)).permute(0, 2, 3, 1).clone() for it in (photos, [style]))
        node = module.NODE_CLASS_MAPPINGS["VerismLook"]()
        images, path = node.apply(target, reference, strength=0.6, color=1.0, tone=0.5, lut_path=str(lut))
    assert images.shape == target.shape
    assert path == str(lut)
    assert lut.read_text().startswith("TITLE")
    for photo, image in zip(photos, images, strict=True):
        run = verism.fit(photo, style, progress=False, output={"strength": 0.6, "color": 1.0, "tone": 0.5})
        torch.testing.assert_close(image.permute(2, 0, 1).unsqueeze(0).clone(), run.pixels, rtol=0, atol=1e-5)
        assert float((run.pixels - photo).abs().mean()) > 1 / 255
