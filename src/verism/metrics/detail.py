"""Detail that was flattened, and detail whose contrast was blown up."""

from __future__ import annotations

import torch
from torch import Tensor

from verism.images import luma
from verism.metrics.common_size import at_side, blurred

TEXTURED = 0.015
"""Local standard deviation of luma above which the content photo has detail to lose: about 4 levels of 8 bits."""

CONTRAST = (0.4, 2.5)
"""Ratio of a result's local contrast to the content photo's below which detail is ``lost``, and above which it is
``blown`` up."""


def lost(image: Tensor, content: Tensor) -> Tensor:
    """Return the share of the content photo's detail that has gone flat, such as snow that is now an even orange.

    The contrast at a position is the standard deviation of luma l around it, ``sqrt(G(l²) - G(l)²)``, under a Gaussian
    window G with σ = 2 pixels at a short side of ``SIDE``. Positions where the contrast of the content photo is above
    ``TEXTURED`` are textured. Detail is lost where the contrast of the result is below ``CONTRAST[0]`` times that of
    the content photo.

    Args:
        image: the result.
        content: the content photo, of the result's aspect ratio.

    Returns:
        Share of the textured positions, in [0, 1]. 0 if all have kept their detail, or there are none.
    """
    return Contrast(content)(image)[0]


def blown(image: Tensor, content: Tensor) -> Tensor:
    """Return the share of the content photo's detail whose contrast was blown up, such as amplified noise.

    Like ``lost``, but counts positions where the result's contrast is above ``CONTRAST[1]`` times the content photo's.

    Args:
        image: the result.
        content: the content photo, of the result's aspect ratio.

    Returns:
        Share of the textured positions, in [0, 1]. 0 if contrast is that much higher nowhere, or there are none.
    """
    return Contrast(content)(image)[1]


class Contrast:
    """``lost`` and ``blown`` for several results of one content photo, whose own contrast is computed once."""

    def __init__(self, content: Tensor) -> None:
        """Compute the photo's contrast."""
        contrast = _local_contrast(content)
        self._textured = contrast > TEXTURED
        self._before = contrast[self._textured]

    def __call__(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Return the shares of the textured positions whose contrast was lost and whose contrast was blown up."""
        if not len(self._before):
            return torch.tensor(0.0), torch.tensor(0.0)
        ratio = _local_contrast(image)[self._textured].to(self._before) / self._before
        low, high = CONTRAST
        return (ratio < low).mean(dtype=torch.float64), (ratio > high).mean(dtype=torch.float64)


def _local_contrast(photo: Tensor) -> Tensor:
    """Return the standard deviation of luma around each position, ``(1, 1, h, w)``, at a short side of ``SIDE``."""
    light = luma(at_side(photo))
    mean, mean_square = blurred(torch.cat([light, light * light], dim=1), sigma=2).split(1, dim=1)
    variance: Tensor = mean_square - mean.square()
    return variance.clamp_min(0).sqrt()
