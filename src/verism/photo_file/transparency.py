"""Transparent photos: how much of them shows, and what a network sees where nothing does."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism.photo_file import Photo

VISIBLE = 0.5
"""Opacity above which a pixel is taken for one of what the photo shows, where it has to be one or the other."""


def filled(photo: Photo) -> Tensor:
    """Return the pixels of a photo without the white that shows through where it is transparent.

    In its place are the colours of what is near, the smoother the farther away, so that a network that looks across the
    border of a cut-out sees no edge there. Averages over 2×2 pixels of what shows, again and again, are laid under the
    photo from the coarsest on: the "pull" and "push" of Gortler et al. 1996, "The Lumigraph", section 3.4.

    Returns:
        ``(1, 3, H, W)``, RGB in [0, 1]; the pixels as they are of a photo that is opaque.
    """
    if photo.alpha is None:
        return photo.pixels
    # White is what the reader lays transparent pixels over.
    return _underlaid(photo.pixels - (1 - photo.alpha), photo.alpha).clamp(0, 1)


def _underlaid(colors: Tensor, opacity: Tensor) -> Tensor:
    """Lay averages of what is near under colours ``(1, 3, h, w)`` that are multiplied by their opacity."""
    if min(opacity.shape[-2:]) == 1:
        known = opacity.sum().clamp_min(1e-6)
        return colors + (1 - opacity) * colors.sum(dim=(2, 3), keepdim=True) / known
    both = F.avg_pool2d(torch.cat([colors, opacity], dim=1), 2, ceil_mode=True, count_include_pad=False)
    # One pixel of four is enough for the four.
    share = (4 * both[:, 3:]).clamp_max(1)
    under = _underlaid(both[:, :3] * share / both[:, 3:].clamp_min(1e-6), share)
    under = F.interpolate(under, opacity.shape[-2:], mode="bilinear", align_corners=False)
    return colors + (1 - opacity) * under
