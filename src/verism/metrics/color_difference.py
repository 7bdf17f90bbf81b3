"""Perceived differences of colour, pixel by pixel."""

from __future__ import annotations

import torch
from skimage.color import deltaE_ciede2000
from torch import Tensor

from verism.color.cielab import cielab
from verism.losses.term import full_precision


def ciede2000(image: Tensor, content: Tensor) -> Tensor:
    """Return the mean CIEDE2000 colour difference over pixels (``color_differences``): ΔE, at least 0."""
    return color_differences(image, content).mean()


def color_differences(image: Tensor, content: Tensor) -> Tensor:
    """Return the CIEDE2000 colour difference at each pixel, in CIELAB under D65 (Sharma et al. 2005).

    Args:
        image: the result, clamped to [0, 1].
        content: the content photo, of the shape of the result, clamped to [0, 1].

    Returns:
        ``(H, W)`` float64, ΔE00, at least 0. About 1 is just noticeable; black and white differ by 100.
    """
    x, y = (in_cielab(photo).squeeze(0).permute(1, 2, 0).numpy() for photo in (image, content))
    return torch.from_numpy(deltaE_ciede2000(x, y))  # type: ignore[no-untyped-call]  # skimage has no types.


def in_cielab(photo: Tensor) -> Tensor:
    """Convert sRGB, clamped to [0, 1], to CIELAB under D65, on the CPU; both ``(1, 3, H, W)``."""
    pixels = full_precision(photo).clamp(0, 1).squeeze(0).permute(1, 2, 0)
    return cielab(pixels).permute(2, 0, 1).unsqueeze(0)
