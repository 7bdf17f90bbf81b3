"""How the exposure of each photo of a series is shifted before the look, so that neighbours of one scene agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from verism.color.level import stops_between

MOST = 2 / 3
"""Largest shift of a channel of a photo, in stops: two clicks of a camera's dial."""


@dataclass(frozen=True)
class Shared:
    """What two neighbours of one scene show of the same regions.

    Attributes:
        light: mean linear light of each of R regions in the first photo, ``(R, 3)``.
        other: the same in the second photo.
        weights: how much each region counts, ``(R,)``.
    """

    light: Tensor
    other: Tensor
    weights: Tensor


def levels(pairs: Sequence[Shared | None]) -> list[Tensor]:
    """Return the shift of each photo, in stops of red, green and blue.

    A scene is a sequence of photos each of which shares regions with the next. Its photos are shifted to the mean light
    of the scene. If that would shift a channel of any of them by more than ``MOST``, all shifts of the scene are
    reduced in the same proportion, so that light that changes slowly still does.

    Args:
        pairs: what each photo shares with the one after it; None if they are of two scenes.

    Returns:
        A shift ``(3,)`` for each photo, one more than there are pairs.
    """
    found: list[Tensor] = []
    apart: list[Tensor] = []
    for pair in [*pairs, None]:
        if pair is not None:
            apart.append(stops_between(pair.light, pair.other, pair.weights))
            continue
        light = torch.stack([torch.zeros(3), *apart]).cumsum(dim=0)
        shifts = light.mean(dim=0) - light
        found += list(shifts * (MOST / shifts.abs().max().clamp_min(MOST)))
        apart = []
    return found
