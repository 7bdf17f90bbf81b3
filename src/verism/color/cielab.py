"""CIELAB, a space in which distances approximate perceived differences."""

from __future__ import annotations

import torch
from skimage.color import rgb2lab
from torch import Tensor


def cielab(colors: Tensor) -> Tensor:
    """Return colours in CIELAB (CIE 1976) under D65: L in [0, 100], a and b in about [-100, 100].

    Args:
        colors: ``(…, 3)``, sRGB in [0, 1], float32 or float64.

    Returns:
        ``(…, 3)``, of the same type, on the CPU.
    """
    return torch.from_numpy(rgb2lab(colors.detach().cpu().numpy()))
