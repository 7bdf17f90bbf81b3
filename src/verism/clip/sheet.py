"""Several frames of a clip in one picture, to which a look is fitted."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from torch import Tensor

from verism.clip import reading
from verism.clip.shots import shots, standing

FRAMES = 9
"""Number of frames in a sheet, a square number."""

SIDE = 320
"""Short side of each frame, in pixels."""


def sheet(path: Path, number: int = FRAMES, side: int = SIDE) -> Tensor:
    """Arrange frames of a clip side by side, with at least one from each of its ``number`` longest shots.

    Args:
        path: the clip.
        number: number of frames, a square number.
        side: maximum number of pixels on a frame's short side.

    Returns:
        ``(1, 3, H, W)``, sRGB in [0, 1], without gaps, so that a fit sees nothing but the clip.

    Raises:
        VerismError: if the clip cannot be read correctly.
    """
    frames = reading.frames(path, standing(shots(path), number), side)
    columns = math.isqrt(number)
    rows = [torch.cat(frames[start : start + columns], dim=-1) for start in range(0, number, columns)]
    return torch.cat(rows, dim=-2)
