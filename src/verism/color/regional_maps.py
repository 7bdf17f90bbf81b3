"""Colour maps of a whole photo and its regions: how far a region's map may depart from the map of the whole photo."""

from __future__ import annotations

import torch
from torch import Tensor

from verism.color.closed_form import region, whole_photo
from verism.color.tone_and_chroma import ToneAndChroma, stacked

DOUBT = 0.02
"""Root mean square difference, in Oklab, between the map of a region and that of the whole photo that may be due to
chance: about 2 ΔE, which is just visible."""

HELD = 0.5
"""How far a region of another photo goes from the given look towards its own map. Either of the two may be wrong; if
one of them is right, their mean has half the error of the other."""

_TRACE = 1e-6
"""Weight of each pixel in every region, so that the statistics of an empty region are defined."""


def by_region(
    content: Tensor,
    style: Tensor,
    content_masks: Tensor,
    style_masks: Tensor,
    confidence: Tensor,
    opacity: Tensor | None = None,
) -> ToneAndChroma:
    """Return the map for the whole photo and the map for each of K regions, in 1 + K rows.

    The map of the whole photo lies between ``whole_photo`` and the ``region`` made of everything that the photos share,
    and the more they share, the closer it is to the latter, where each region has the same weight in both photos. A
    region's own map ``T_k`` departs from the whole photo's T only as far as the two differ by more than chance:
    ``T + (1 − (DOUBT / d)²)₊ · (T_k − T)``, where d is their root mean square difference on the region's pixels (James
    and Stein 1961, "Estimation with Quadratic Loss").

    Args:
        content: ``(3, n)``, Oklab, of the whole photo.
        style: ``(3, m)``, Oklab, of the whole photo.
        content_masks: ``(K, n)`` in [0, 1], how much of each pixel is in each region.
        style_masks: ``(K, m)`` in [0, 1], how much of each pixel is in each region.
        confidence: ``(K,)`` in [0, 1], how certain it is that the photos show the same in each region.
        opacity: ``(m,)`` in [0, 1], opacity of the style photo. None if it is opaque.
    """
    opacity = torch.ones_like(style[0]) if opacity is None else opacity
    whole = whole_photo(content, style, opacity)
    shares, style_shares = content_masks.mean(dim=1), style_masks.mean(dim=1) / opacity.mean()
    common = torch.minimum(shares, style_shares) * confidence
    if not float(common.sum()):
        return stacked([whole] * (1 + len(confidence)))
    shared = tuple(
        (common / share.clamp_min(1e-6)) @ masks
        for share, masks in ((shares, content_masks), (style_shares, style_masks))
    )
    own = [
        region(content, style, inside + _TRACE, counterpart + _TRACE * opacity)
        for inside, counterpart in zip(content_masks, style_masks, strict=True)
    ]
    whole = whole.towards(region(content, style, *shared), float((shares * confidence).sum().clamp(0, 1)))
    kept = [1 - _chance(part, whole, content, inside) for part, inside in zip(own, content_masks, strict=True)]
    return stacked([whole, *(whole.towards(part, share) for part, share in zip(own, kept, strict=True))])


def held(
    common: ToneAndChroma,
    content: Tensor,
    style: Tensor,
    content_masks: Tensor,
    style_masks: Tensor,
    opacity: Tensor | None = None,
) -> ToneAndChroma:
    """Return the maps for a photo and its K regions, in 1 + K rows, kept close to a look found for other photos.

    The first row is that look, T. A region's row is ``T + HELD · (1 − (DOUBT / d)²)₊ · (T_k − T)``, as in
    ``by_region``, but only part of the way.

    Args:
        common: the look, in one row.
        content: ``(3, n)``, Oklab, of the whole photo.
        style: ``(3, m)``, Oklab, of the whole photo.
        content_masks: ``(K, n)`` in [0, 1], how much of each pixel is in each region.
        style_masks: ``(K, m)`` in [0, 1], how much of each pixel is in each region.
        opacity: ``(m,)`` in [0, 1], opacity of the style photo. None if it is opaque.
    """
    opacity = torch.ones_like(style[0]) if opacity is None else opacity
    maps = [common]
    for inside, counterpart in zip(content_masks, style_masks, strict=True):
        own = region(content, style, inside + _TRACE, counterpart + _TRACE * opacity)
        maps.append(common.towards(own, HELD * (1 - _chance(own, common, content, inside))))
    return stacked(maps)


def _chance(own: ToneAndChroma, other: ToneAndChroma, content: Tensor, inside: Tensor) -> float:
    """Return ``(DOUBT / d)²``, at most 1: the share of the two maps' difference in a region that may be chance.

    Args:
        own: the region's map, in one row.
        other: the map to compare it with, in one row.
        content: ``(3, n)``, Oklab.
        inside: ``(n,)`` in [0, 1], how much of each pixel is in the region.
    """
    squares = (own(content) - other(content))[0].square().sum(dim=0) @ inside / inside.sum().clamp_min(1e-6)
    return min(1.0, DOUBT**2 / max(float(squares), 1e-9))
