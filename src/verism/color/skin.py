"""The colour of skin, which a grade may make paler but not grey."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from verism.color.ramp import ramp
from verism.color.tone_and_chroma import KNOTS, ToneAndChroma, hue_directions, hue_weight

SKIN = (48.0, 0.07)
"""Hue, in degrees, and chroma, in Oklab, of skin. Lighter and darker skin differ in lightness more than in these."""

SKIN_KEPT = 0.75
"""Smallest share of its chroma that skin keeps: a pale face is a look, a grey one is a fault."""

SKIN_HUES = (20.0, 60.0)
"""Distance, in degrees, from the hue of skin up to which a hue counts fully as skin, and from which it does not."""


def with_skin(grade: ToneAndChroma, in_color: Tensor) -> ToneAndChroma:
    """Return the map with enough colour added at the hues of skin to keep ``SKIN_KEPT`` of the chroma of skin.

    Args:
        grade: the map, in R rows.
        in_color: a scalar in [0, 1] that scales that share. It is lower for a black-and-white style, in which skin may
            be grey too.
    """
    degrees, chroma = SKIN
    hue = grade.tones.new_tensor([math.cos(math.radians(degrees)), math.sin(math.radians(degrees))])
    tones = torch.linspace(0, 1, KNOTS).to(hue)
    skin = torch.cat([tones.unsqueeze(0), (chroma * hue).unsqueeze(1).expand(2, KNOTS)])
    left = torch.einsum("rck,c->rk", grade(skin)[:, 1:], hue)
    lacking = (in_color * SKIN_KEPT * chroma - left).clamp_min(0) / hue_weight(hue.new_tensor(chroma))
    near, far = (math.cos(math.radians(distance)) for distance in SKIN_HUES)
    weights = ramp(hue_directions(hue) @ hue, far, near)
    added = torch.einsum("h,rk,c->rhkc", weights, lacking, hue)
    return grade._replace(hues=grade.hues + added)
