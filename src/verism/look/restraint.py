"""What a look leaves more as it is in a photo of another scene: hues of things, shadows, highlights, and greys."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import normalize

from verism.color.spaces import Oklab, into_gamut

COLORFUL = 0.05
"""Chroma in Oklab from which on a colour is taken for that of a thing, and not for grey."""

HUE_KEPT = 0.7
"""How much of the change of hue such colours are spared, on photos of other scenes: a blue sky is not to turn mint."""

DARK, LIGHT = (0.15, 0.5), (0.75, 0.95)
"""Oklab lightness from which to which tones are shadows less and less, and highlights more and more."""

VEIL_KEPT, CRUSH_KEPT = 0.8, 0.6
"""How much shadows are spared of a lift, which would be a veil, and of a fall, in which they would drown."""

LIGHT_KEPT = 0.7
"""How much highlights are spared of any change: lifted, they would clip, and dimmed white is grey."""

WHITE_KEPT = 0.5
"""How much of a tint white is spared."""

DAYLIGHT = (0.2, 0.6)
"""Change of a to that of b in Oklab between which light from the sky, the sun and a candle turns grey: of a black body,
from 0.12 (15000 K) to 0.52 (2500 K). Less is green, and more magenta."""

DAYLIGHT_KEPT = 0.9
"""How much of what is greener or more magenta than that grey is spared: what the look did to a blue sky, it does to a
grey one, which then looks sick."""


def restrained(photo: Tensor, image: Tensor) -> Tensor:
    """Return a result that stays closer to the photo where a change is easily wrong.

    Args:
        photo: ``(1, 3, H, W)``, RGB in [0, 1].
        image: the photo with a look in full, likewise.
    """
    (before, own), (after, colors) = (Oklab().encode(it).split([1, 2], dim=1) for it in (photo, image))
    gray = COLORFUL**2 / (own.square().sum(dim=1, keepdim=True) + COLORFUL**2)
    change = _hues_kept(own, colors, HUE_KEPT * (1 - gray)) - own
    tint = (1 - WHITE_KEPT * gray * _ramp(before, *LIGHT)) * _by_daylight(change, DAYLIGHT_KEPT * gray)
    return into_gamut(torch.cat([_tones_kept(before, after), own + tint], dim=1))


def _tones_kept(before: Tensor, after: Tensor) -> Tensor:
    """Return lightness with shadows and highlights that are changed less."""
    shadow = torch.where(after > before, VEIL_KEPT, CRUSH_KEPT) * (1 - _ramp(before, *DARK))
    return torch.lerp(after, before, torch.maximum(shadow, LIGHT_KEPT * _ramp(before, *LIGHT)))


def _hues_kept(own: Tensor, colors: Tensor, kept: Tensor) -> Tensor:
    """Return a and b with the share ``kept`` of what turns the hue taken back."""
    hue = normalize(own, dim=1)
    along = (colors * hue).sum(dim=1, keepdim=True)
    turn = colors - along.clamp_min(0) * hue
    return colors - turn * kept


def _by_daylight(tint: Tensor, share: Tensor) -> Tensor:
    """Return a change of a and b with ``share`` of what no daylight makes of grey taken out."""
    a, b = tint.split(1, dim=1)
    cool, warm = (slope * b for slope in DAYLIGHT)
    nearest = a.clamp(torch.minimum(cool, warm), torch.maximum(cool, warm))
    return torch.cat([torch.lerp(a, nearest, share), b], dim=1)


def _ramp(x: Tensor, start: float, end: float) -> Tensor:
    return ((x - start) / (end - start)).clamp(0, 1)
