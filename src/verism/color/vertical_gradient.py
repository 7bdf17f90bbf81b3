"""Changes of a region's colour from its top to its bottom, such as those of the sky at dusk."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from verism.color.ramp import ramp

MARGIN = 0.05
"""Share of a region that may lie above its nominal top, and below its nominal bottom, to ignore outliers."""

EXPLAINED = (0.4, 0.6)
"""Share of the variance of a and b in the style photo that the vertical position explains. From the first value, the
photo takes over part of the gradient; from the second, all of it. The share is lower where a region shows different
things above and below, such as a wall and a floor, which need not be in the same places in another photo."""


class VerticalGradient(NamedTuple):
    """A shift of the colours of K regions that varies linearly from the top of each region to its bottom.

    Attributes:
        ends: ``(K, 2)``, the top and the bottom of each region, as shares of the photo's height from the top.
        tints: ``(K, 2, 2)``, the shift of a and b, in Oklab, at and above the top, and at and below the bottom. The
            mean over the region is 0.
    """

    ends: Tensor
    tints: Tensor

    def __call__(self, shares: Tensor) -> Tensor:
        """Return the shift of a and b at each pixel, ``(2, H, W)``.

        Args:
            shares: ``(K, H, W)``, the weight of each region at each pixel.
        """
        # bfloat16 could not tell apart the rows of a large photo.
        down = _down(self.ends.float(), shares.shape[1]).unsqueeze(1)
        top, bottom = self.tints.float().unsqueeze(3).unbind(1)
        return torch.einsum("khw,kch->chw", shares.float(), torch.lerp(top, bottom, down)).to(shares)

    def times(self, factor: float) -> VerticalGradient:
        """Return the gradient scaled by a factor."""
        return VerticalGradient(self.ends, factor * self.tints)


def between(content: Tensor, style: Tensor, content_masks: Tensor, style_masks: Tensor) -> VerticalGradient:
    """Return the part of the style photo's gradients that the regions of a photo lack.

    The slopes of a and b from a region's top to its bottom, ``w`` in the photo and ``u`` in the style photo, come from
    least squares. The photo's slope is steepened by ``e · (1 − (w · u) / (u · u)) · u``, with the bracket in [0, 1]:
    towards the style's gradient as far as it is missing, and never against the photo's own. The factor e rises from 0
    to 1 with the share of the variance that ``u`` explains (``EXPLAINED``).

    Args:
        content: ``(3, H, W)``, Oklab, the photo as it is graded without a gradient.
        style: ``(3, H', W')``, Oklab.
        content_masks: ``(K, H, W)`` in [0, 1], how much of each pixel is in each region.
        style_masks: ``(K, H', W')`` in [0, 1], how much of each pixel is in each region.
    """
    ends, style_ends = _ends(content_masks), _ends(style_masks)
    middle, slope, _ = _fitted(content[1:], content_masks, _down(ends, content.shape[1]))
    _, wanted, explained = _fitted(style[1:], style_masks, _down(style_ends, style.shape[1]))
    taken = ramp(explained, *EXPLAINED)
    present = (slope * wanted).sum(dim=1) / wanted.square().sum(dim=1).clamp_min(1e-12)
    lacking = (taken * (1 - present.clamp(0, 1))).unsqueeze(1) * wanted
    middle = middle.unsqueeze(1)
    return VerticalGradient(ends, torch.stack([-middle * lacking, (1 - middle) * lacking], dim=1))


def none(like: Tensor) -> VerticalGradient:
    """Return an empty gradient, for no regions, in the type of ``like``."""
    return VerticalGradient(like.new_zeros(0, 2), like.new_zeros(0, 2, 2))


def _ends(masks: Tensor) -> Tensor:
    """Return the top and the bottom of K regions ``(K, H, W)``, as shares of the height: ``(K, 2)``."""
    height = masks.shape[1]
    rows = masks.sum(dim=2)
    above = rows.cumsum(dim=1) / rows.sum(dim=1, keepdim=True).clamp_min(1e-6)
    top = (above < MARGIN).sum(dim=1)
    bottom = (above < 1 - MARGIN).sum(dim=1) + 1
    return torch.stack([top, bottom.clamp_max(height)], dim=1).to(masks) / height


def _down(ends: Tensor, height: int) -> Tensor:
    """Return how far down each region each of ``height`` rows is: ``(K, height)``, from 0 at its top to 1."""
    centers = (torch.arange(height).to(ends) + 0.5) / height
    top, bottom = ends.unsqueeze(2).unbind(1)
    return ((centers - top) / (bottom - top).clamp_min(1 / height)).clamp(0, 1)


def _fitted(colors: Tensor, masks: Tensor, down: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Fit colours by a linear function of the vertical position, region by region.

    Args:
        colors: ``(2, H, W)``.
        masks: ``(K, H, W)``.
        down: ``(K, H)``.

    Returns:
        The mean of ``down`` in each region, ``(K,)``; the slope, ``(K, 2)``; and the share of the variance of the
        colours that the slope explains, ``(K,)``.
    """
    weights = masks / masks.sum(dim=(1, 2), keepdim=True).clamp_min(1e-6)
    rows = weights.sum(dim=2)
    middle = (rows * down).sum(dim=1)
    centered = down - middle.unsqueeze(1)
    spread = (rows * centered.square()).sum(dim=1)
    slope = torch.einsum("khw,chw,kh->kc", weights, colors, centered) / spread.clamp_min(1e-9).unsqueeze(1)
    mean = torch.einsum("khw,chw->kc", weights, colors)
    variance = torch.einsum("khw,chw->k", weights, colors.square()) - mean.square().sum(dim=1)
    return middle, slope, slope.square().sum(dim=1) * spread / variance.clamp_min(1e-9)
