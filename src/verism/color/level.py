"""A small shift of a photo's exposure and white balance, even or graduated, that clips nothing."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from verism.color.spaces import from_light, to_light

DARKEST = 1e-3
"""Linear light up to which a channel counts as black. From 1 minus this value, it counts as blown out. Neither says
anything about exposure."""


class Shift(NamedTuple):
    """A shift of a photo's exposure. It may vary evenly from one edge to the opposite one, like a graduated filter.

    Attributes:
        stops: ``(3,)``, shift of red, green and blue in the middle of the photo.
        slopes: ``(2, 3)``, how much larger the shift is at the right edge than at the left, and at the bottom edge than
            at the top, in stops of red, green and blue.
    """

    stops: Tensor
    slopes: Tensor

    @classmethod
    def even(cls, stops: Tensor) -> Shift:
        """Return an even shift of the whole photo by ``stops``, ``(3,)``."""
        return cls(stops, stops.new_zeros(2, 3))


def levelled(photo: Tensor, shift: Shift) -> Tensor:
    """Return a photo with more or less light in each channel.

    Linear light x becomes ``g x / (1 + (g − 1) x)`` with ``g = 2 ** stops``: shadows are multiplied by g, black and
    white stay, and nothing clips. All odds ``x / (1 − x)`` are multiplied by g, so shifts add up, and the opposite
    shift undoes a shift.

    Args:
        photo: ``(1, 3, H, W)``, sRGB in [0, 1].
        shift: the shift in stops; 0 leaves a channel unchanged.

    Returns:
        ``(1, 3, H, W)``, sRGB in [0, 1].
    """
    if not (bool(shift.stops.any()) or bool(shift.slopes.any())):
        return photo
    height, width = photo.shape[-2:]
    across, down = shift.slopes.to(photo).view(2, 1, 3, 1, 1)
    gain = (shift.stops.to(photo).view(1, 3, 1, 1) + down * _centers(height).to(photo).view(-1, 1)).exp2()
    # The gain only needs a full map if it differs from left to right.
    gain = gain * (across * _centers(width).to(photo)).exp2() if bool(across.any()) else gain
    return from_light(_multiplied(to_light(photo), gain))


def relit(light: Tensor, stops: Tensor) -> Tensor:
    """Return linear light in [0, 1], shifted by ``stops`` as in ``levelled``; ``stops`` is broadcast to ``light``."""
    return _multiplied(light, stops.exp2())


def _multiplied(light: Tensor, gain: Tensor) -> Tensor:
    return gain * light / (1 + (gain - 1) * light)


def _centers(count: int) -> Tensor:
    """Return the centres of ``count`` pixels, between −½ at one edge and ½ at the opposite one."""
    return (torch.arange(count) + 0.5) / count - 0.5


def stops_between(light: Tensor, other: Tensor, weights: Tensor) -> Tensor:
    """Return the shift in stops, ``(3,)``, between two sets of colours: the weighted mean over pairs of colours.

    Args:
        light: ``(n, 3)``, linear light in [0, 1].
        other: ``(n, 3)``, linear light in [0, 1] of the colours that the shift should lead to.
        weights: ``(n,)``, the weight of each pair.
    """
    # A shift of exposure adds to the logarithm of the odds (``levelled``).
    log_odds, wanted = (torch.logit(it.double(), eps=DARKEST) for it in (light, other))
    stops = (wanted - log_odds) / torch.log(torch.tensor(2.0, dtype=torch.float64))
    return (weights.double() @ stops / weights.sum()).float()
