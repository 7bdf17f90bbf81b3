"""Transparent photos: which pixels are visible, and the colours used in computations where none are."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

VISIBLE = 0.5
"""Opacity above which a pixel counts as visible, where a binary decision is needed."""


def filled(pixels: Tensor, opacity: Tensor) -> Tensor:
    """Fill the fully transparent pixels of a photo with colours from nearby.

    These become smoother with the distance from visible pixels, so a network whose receptive field crosses the border
    of a cut-out sees no edge there. Visible pixels are repeatedly averaged over 2×2 pixels, and the averages are placed
    under the photo, the coarsest first: the "pull" and "push" of Gortler et al. 1996, "The Lumigraph", section 3.4.

    Args:
        pixels: ``(1, 3, H, W)``, RGB in [0, 1], not premultiplied by opacity.
        opacity: ``(1, 1, H, W)`` in [0, 1].

    Returns:
        ``(1, 3, H, W)``. Pixels with nonzero opacity, and photos without visible pixels, are unchanged.
    """
    hidden = opacity == 0
    if bool(hidden.all()) or not bool(hidden.any()):
        return pixels
    return torch.where(hidden, _underlaid(opacity * pixels, opacity), pixels)


def _underlaid(colors: Tensor, opacity: Tensor) -> Tensor:
    """Place averages of nearby pixels under colours ``(1, 3, h, w)`` that are premultiplied by opacity."""
    if min(opacity.shape[-2:]) == 1:
        known = opacity.sum().clamp_min(1e-6)
        return colors + (1 - opacity) * colors.sum(dim=(2, 3), keepdim=True) / known
    both = F.avg_pool2d(torch.cat([colors, opacity], dim=1), 2, ceil_mode=True, count_include_pad=False)
    # One opaque pixel of four is enough for their average to count as opaque.
    share = (4 * both[:, 3:]).clamp_max(1)
    under = _underlaid(both[:, :3] * share / both[:, 3:].clamp_min(1e-6), share)
    under = F.interpolate(under, opacity.shape[-2:], mode="bilinear", align_corners=False)
    return colors + (1 - opacity) * under
