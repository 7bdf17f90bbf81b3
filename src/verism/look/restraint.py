"""Restrains a look on a photo of another scene: it changes hues of objects, shadows, highlights and greys less."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import normalize

from verism.color.ramp import ramp
from verism.color.spaces import Oklab, into_gamut

COLORFUL = 0.05
"""Chroma, in Oklab, at which a colour counts half as grey and half as the colour of an object."""

HUE_KEPT = 0.7
"""Share of the change of hue that is undone for colours that are not grey: a blue sky must not turn mint."""

DARK, LIGHT = (0.15, 0.5), (0.75, 0.95)
"""Ranges of Oklab lightness over which tones gradually stop being shadows, and start being highlights."""

VEIL_KEPT, CRUSH_KEPT = 0.8, 0.6
"""Shares undone in shadows: of lifting, which makes them hazy, and of darkening, which crushes them."""

LIGHT_KEPT = 0.7
"""Share of a change of lightness that is undone in highlights: lifted, they would clip; dimmed white is grey."""

WHITE_KEPT = 0.5
"""Share of a tint that is undone for white."""

DAYLIGHT = (0.2, 0.6)
"""Bounds of the ratio of a to b, in Oklab, of grey in the light of the sky, the sun or a candle. For a black body, it
is near 0 at 10000 K, 0.4 at 4000 K, 0.5 at 2500 K and 0.7 at 1900 K (Krystek 1985, "An algorithm to calculate
correlated colour temperature"). In warm light, a smaller ratio is greener, and a greater one more magenta."""

DAYLIGHT_KEPT = 0.9
"""Share of a tint's distance from these bounds that is undone for greys: what suits a blue sky makes a grey one look
sickly."""


def restrained(photo: Tensor, image: Tensor) -> Tensor:
    """Return a result that stays closer to the photo where changes easily look wrong.

    Args:
        photo: ``(1, 3, H, W)``, RGB in [0, 1].
        image: the photo with the full look, ``(1, 3, H, W)``, RGB in [0, 1].
    """
    (before, own), (after, colors) = (Oklab().encode(it).split([1, 2], dim=1) for it in (photo, image))
    grey = COLORFUL**2 / (own.square().sum(dim=1, keepdim=True) + COLORFUL**2)
    change = _hues_kept(own, colors, HUE_KEPT * (1 - grey)) - own
    tint = (1 - WHITE_KEPT * grey * ramp(before, *LIGHT)) * _by_daylight(change, DAYLIGHT_KEPT * grey)
    return into_gamut(torch.cat([_tones_kept(before, after), own + tint], dim=1))


def _tones_kept(before: Tensor, after: Tensor) -> Tensor:
    """Return the new lightness, with part of the change in shadows and highlights undone."""
    shadow = torch.where(after > before, VEIL_KEPT, CRUSH_KEPT) * (1 - ramp(before, *DARK))
    return torch.lerp(after, before, torch.maximum(shadow, LIGHT_KEPT * ramp(before, *LIGHT)))


def _hues_kept(own: Tensor, colors: Tensor, kept: Tensor) -> Tensor:
    """Return a and b with the share ``kept`` of the change of hue undone."""
    hue = normalize(own, dim=1)
    along = (colors * hue).sum(dim=1, keepdim=True)
    turn = colors - along.clamp_min(0) * hue
    return colors - turn * kept


def _by_daylight(tint: Tensor, share: Tensor) -> Tensor:
    """Return a change of a and b with ``share`` of its distance from the range of ``DAYLIGHT`` undone."""
    a, b = tint.split(1, dim=1)
    cool, warm = (slope * b for slope in DAYLIGHT)
    nearest = a.clamp(torch.minimum(cool, warm), torch.maximum(cool, warm))
    return torch.cat([torch.lerp(a, nearest, share), b], dim=1)
