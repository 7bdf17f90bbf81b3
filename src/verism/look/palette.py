"""The palette of a photo, a coarse colour histogram, and the overlap of two palettes."""

from __future__ import annotations

import torch
from torch import Tensor

from verism.color.spaces import Oklab
from verism.color.spline import spread

STEPS = (0.125, 0.05, 0.05)
"""Distance between the centres of neighbouring bins in L, a and b of Oklab."""

BINS = (10, 18, 18)
"""Number of bins along L, a and b."""

LOWEST = (0.0, -0.4, -0.4)
"""L, a and b of the centre of the first bin."""


def palette(photo: Tensor) -> Tensor:
    """Return the share of a photo's pixels in each bin, ``BINS``, float64 on the CPU. The shares sum to 1.

    A colour is divided between the eight bins around it, so that a small change of all colours changes little.

    Args:
        photo: ``(1, 3, H, W)``, RGB in [0, 1].
    """
    colors = Oklab().encode(photo.detach().cpu().double()).flatten(2).squeeze(0)
    lowest, steps = (torch.tensor(it, dtype=torch.float64).unsqueeze(1) for it in (LOWEST, STEPS))
    shares = spread(torch.ones_like(colors[:1]), (colors - lowest) / steps, BINS)[0]
    return shares / shares.sum()


def overlap(one: Tensor, other: Tensor) -> float:
    """Return the overlap of two palettes, from 0 to 1 for equal palettes: the sum of the smaller shares.

    Source: Swain and Ballard, "Color Indexing", 1991, histogram intersection.
    """
    return float(torch.minimum(one, other).sum())
