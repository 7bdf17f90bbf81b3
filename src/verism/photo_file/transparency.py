"""Transparent photos: which pixels are visible, and which colours a network is shown where none are."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism.photo_file import Photo

VISIBLE = 0.5
"""Opacity above which a pixel counts as visible, where it has to be either that or not."""


def filled(photo: Photo) -> Tensor:
    """Return the pixels of a photo with the white behind its transparent areas replaced by colours from nearby.

    These get smoother with the distance from visible pixels. So a network whose receptive field crosses the border of a
    cut-out sees no edge there. Visible pixels are averaged over 2×2 pixels again and again, and the averages are laid
    under the photo, the coarsest first: the "pull" and "push" of Gortler et al. 1996, "The Lumigraph", section 3.4.

    Returns:
        ``(1, 3, H, W)``, RGB in [0, 1]; for an opaque photo, its pixels as they are.
    """
    if photo.alpha is None:
        return photo.pixels
    # Photos are read with transparent pixels composited over white, which is taken off here.
    return _underlaid(photo.pixels - (1 - photo.alpha), photo.alpha).clamp(0, 1)


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
