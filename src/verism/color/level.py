"""A small shift of a photo's exposure and white balance that clips nothing."""

from __future__ import annotations

import torch
from torch import Tensor

from verism.color.spaces import from_light, to_light

DARKEST = 1e-3
"""Linear light up to which a channel is black, and from 1 minus which it is blown out: neither tells the exposure."""


def levelled(photo: Tensor, stops: Tensor) -> Tensor:
    """Return a photo with more or less light in each channel.

    Linear light x becomes ``g x / (1 + (g − 1) x)`` with ``g = 2 ** stops``: shadows are multiplied by g, black and
    white stay, and nothing clips. The odds ``x / (1 − x)`` are all multiplied by g, so shifts add up, and the opposite
    shift undoes one.

    Args:
        photo: ``(1, 3, H, W)``, sRGB in [0, 1].
        stops: ``(3,)``, shift of red, green and blue; 0 leaves the channel unchanged.

    Returns:
        ``(1, 3, H, W)``, sRGB in [0, 1].
    """
    if not bool(stops.any()):
        return photo
    return from_light(relit(to_light(photo), stops.to(photo).view(1, 3, 1, 1)))


def relit(light: Tensor, stops: Tensor) -> Tensor:
    """Return linear light in [0, 1] with more or less of it; ``stops`` is broadcast to ``light``. See ``levelled``."""
    gain = stops.exp2()
    return gain * light / (1 + (gain - 1) * light)


def stops_between(light: Tensor, other: Tensor, weights: Tensor) -> Tensor:
    """Return the shift in stops, ``(3,)``, that takes colours to others: the weighted mean over the pairs of colours.

    Args:
        light: ``(n, 3)``, linear light in [0, 1].
        other: ``(n, 3)``, linear light in [0, 1] of the colours to which the shift should lead.
        weights: ``(n,)``, how much each pair counts.
    """
    odds, wanted = (torch.logit(it.double(), eps=DARKEST) for it in (light, other))
    asked = (wanted - odds) / torch.log(torch.tensor(2.0, dtype=torch.float64))
    return (weights.double() @ asked / weights.sum()).float()
