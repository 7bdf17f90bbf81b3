"""Photos of one colour, of halves, and an example photo, with which metrics can be worked out by hand."""

from __future__ import annotations

import numpy as np
import torch
from documents import ROOT
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

HEIGHT, WIDTH = 320, 480
"""As large as ``drift``, ``lost``, ``blown`` and ``semantic`` look at photos, so that nothing is resized."""


def flat(*colour: float) -> Tensor:
    """A photo of one colour, or of one grey."""
    return torch.tensor(colour, dtype=torch.float64).view(1, -1, 1, 1).expand(1, 3, 32, 40)


def grey(levels: Tensor) -> Tensor:
    return levels.double().expand(1, 3, *levels.shape[-2:])


def halves(left: Tensor, right: Tensor) -> Tensor:
    """The left half of one photo beside the right half of another."""
    return torch.cat([left[..., : WIDTH // 2], right[..., WIDTH // 2 :]], dim=-1)


def plain(*colour: float) -> Tensor:
    return torch.tensor(colour, dtype=torch.float64).view(1, 3, 1, 1).expand(1, 3, HEIGHT, WIDTH)


def example(name: str) -> Tensor:
    """An example photo at a short side of 320, by Pillow."""
    with Image.open(ROOT / "configs" / "photos" / f"{name}.jpg") as file:
        picture = file.convert("RGB")
    scale = 320 / min(picture.size)
    size = round(picture.width * scale), round(picture.height * scale)
    levels = np.asarray(picture.resize(size, Image.Resampling.LANCZOS), np.float32)
    return torch.from_numpy(levels / np.float32(255)).permute(2, 0, 1).unsqueeze(0)


def srgb(lightness: float, a: float, b: float) -> tuple[float, ...]:
    """CIELAB under D65 to gamma-encoded sRGB, by the standards' formulas."""
    y = (lightness + 16) / 116
    f = np.array([y + a / 500, y, y - b / 200])
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * [0.95047, 1, 1.08883]
    matrix = [[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]]
    linear: NDArray[np.float64] = np.clip(np.array(matrix) @ xyz, 0, None)
    return tuple(np.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear))
