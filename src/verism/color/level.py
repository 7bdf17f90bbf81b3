"""A small shift of a photo's exposure and white balance, which clips nothing."""

from __future__ import annotations

import torch
from torch import Tensor

from verism.color.spaces import from_light, to_light

DARKEST = 1e-3
"""Linear light up to which, and from 1 less which, a colour says nothing of the exposure: it is black, or blown out."""


def levelled(photo: Tensor, stops: Tensor) -> Tensor:
    """Return a photo with more or less light in each channel.

    Linear light x becomes ``g x / (1 + (g − 1) x)`` with ``g = 2 ** stops``: shadows and midtones are multiplied by g,
    black and white stay, and nothing clips. In terms of the odds ``x / (1 − x)``, all are multiplied by g, so that
    shifts add up, and their opposites undo them.

    Args:
        photo: ``(1, 3, H, W)``, sRGB in [0, 1].
        stops: ``(3,)``, of red, green and blue; 0 leaves the channel as it is.
    """
    if not bool(stops.any()):
        return photo
    light, gain = to_light(photo), stops.to(photo).exp2().view(1, 3, 1, 1)
    return from_light(gain * light / (1 + (gain - 1) * light))


def stops_between(light: Tensor, other: Tensor, weights: Tensor) -> Tensor:
    """Return the shift that takes colours to others, ``(3,)``: the weighted mean of what each of them asks for.

    Args:
        light: ``(n, 3)``, linear light in [0, 1].
        other: the same, of the photo that the shift leads to.
        weights: ``(n,)``, how much each colour counts.
    """
    odds, wanted = (torch.logit(it.double(), eps=DARKEST) for it in (light, other))
    asked = (wanted - odds) / torch.log(torch.tensor(2.0, dtype=torch.float64))
    return (weights.double() @ asked / weights.sum()).float()
