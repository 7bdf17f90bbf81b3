"""Transparent photos: which pixels are visible, and which colours are computed with where none are."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

VISIBLE = 0.5
"""Opacity above which a pixel counts as visible, where it has to be either that or not."""


def filled(pixels: Tensor, opacity: Tensor) -> Tensor:
    """Return a photo in which the pixels that are not seen at all have colours from nearby.

    These get smoother with the distance from visible pixels. So a network whose receptive field crosses the border of a
    cut-out sees no edge there. Visible pixels are averaged over 2×2 pixels again and again, and the averages are laid
    under the photo, the coarsest first: the "pull" and "push" of Gortler et al. 1996, "The Lumigraph", section 3.4.

    Args:
        pixels: ``(1, 3, H, W)``, RGB in [0, 1], not multiplied by their opacity.
        opacity: ``(1, 1, H, W)`` in [0, 1].

    Returns:
        ``(1, 3, H, W)``; the pixels as they are where the opacity is not 0, and in a photo of which nothing is seen.
    """
    hidden = opacity == 0
    if bool(hidden.all()) or not bool(hidden.any()):
        return pixels
    return torch.where(hidden, _underlaid(opacity * pixels, opacity), pixels)


def _underlaid(colors: Tensor, opacity: Tensor) -> Tensor:
    """Lay averages of nearby pixels under colours ``(1, 3, h, w)`` that are multiplied by their opacity."""
    if min(opacity.shape[-2:]) == 1:
        known = opacity.sum().clamp_min(1e-6)
        return colors + (1 - opacity) * colors.sum(dim=(2, 3), keepdim=True) / known
    both = F.avg_pool2d(torch.cat([colors, opacity], dim=1), 2, ceil_mode=True, count_include_pad=False)
    # One opaque pixel of four is enough for their average to count as opaque.
    share = (4 * both[:, 3:]).clamp_max(1)
    under = _underlaid(both[:, :3] * share / both[:, 3:].clamp_min(1e-6), share)
    under = F.interpolate(under, opacity.shape[-2:], mode="bilinear", align_corners=False)
    return colors + (1 - opacity) * under
