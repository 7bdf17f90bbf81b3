"""The common size at which details and places are compared, whatever the size of the photo."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism import images
from verism.losses.term import full_precision

SIDE = 320
"""Short side, in pixels, at which ``drift``, ``lost``, ``blown`` and ``semantic`` are measured."""

LARGEST = 2**20
"""Number of pixels above which they are measured at a shorter side, to limit time and memory for panoramas."""


def at_side(photo: Tensor) -> Tensor:
    """Return a photo at the size at which ``drift``, ``lost``, ``blown`` and ``semantic`` are measured.

    Args:
        photo: ``(1, 3, H, W)``, RGB, of any size, on any device; clamped to [0, 1].

    Returns:
        ``(1, 3, h, w)``, on the CPU, with a short side of ``SIDE`` pixels, or less if limited by ``LARGEST`` pixels.
    """
    long, short = sorted(photo.shape[-2:], reverse=True)
    side = min(SIDE, int((LARGEST * short / long) ** 0.5))
    return images.scale(full_precision(photo).detach().clamp(0, 1), max(side, 1)).cpu()


def blurred(photo: Tensor, sigma: float) -> Tensor:
    """Blur every channel by a Gaussian, cut off at 3σ. Beyond the edges of the photo, edge pixels are repeated."""
    radius, channels = int(3 * sigma), photo.shape[1]
    offsets = torch.arange(-radius, radius + 1, dtype=photo.dtype)
    # A softmax of negative squares: a Gaussian that sums to 1.
    bell = torch.softmax(-offsets.square() / (2 * sigma**2), dim=0).expand(channels, 1, 1, -1)
    for kernel, padding in ((bell, (radius, radius, 0, 0)), (bell.mT, (0, 0, radius, radius))):
        photo = F.conv2d(F.pad(photo, padding, mode="replicate"), kernel, groups=channels)
    return photo
