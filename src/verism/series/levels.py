"""How the exposure of each photo of a series is shifted before the look, so that neighbours of one scene agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

MOST = 2 / 3
"""Largest shift of a channel of a photo, in stops: two clicks of a camera's dial."""

HALVINGS = 40
"""How often the range in which the limit's weight is sought is halved; at first, it is from 2⁻⁴⁰ to 2⁴⁰."""


@dataclass(frozen=True)
class Shared:
    """What two neighbours of one scene show of the same regions.

    Attributes:
        light: mean linear light of each of R regions in the first photo, ``(R, 3)``.
        other: the same in the second photo.
        weights: how much each region counts, ``(R,)``.
        stops: shift of red, green and blue, in stops, that takes the first photo to the second, ``(3,)``.
    """

    light: Tensor
    other: Tensor
    weights: Tensor
    stops: Tensor


def levels(pairs: Sequence[Shared | None]) -> list[Tensor]:
    """Return the shift of each photo, in stops of red, green and blue.

    A scene is a sequence of photos each of which shares regions with the next. Its photos are shifted to the mean light
    of the scene. If that would shift a channel of any of them by more than ``MOST``, the slow changes of light within
    the scene are left as they are, as many of them as it takes.

    Args:
        pairs: what each photo shares with the one after it; None if they are of two scenes.

    Returns:
        A shift ``(3,)`` for each photo, one more than there are pairs.
    """
    found: list[Tensor] = []
    apart: list[Tensor] = []
    for pair in [*pairs, None]:
        if pair is not None:
            apart.append(pair.stops)
            continue
        light = torch.stack([torch.zeros(3), *apart]).double().cumsum(dim=0)
        found += list(_limited(light.mean(dim=0) - light).float())
        apart = []
    return found


def _limited(shifts: Tensor) -> Tensor:
    """Return shifts of a scene ``(n, 3)`` of at most ``MOST``, which differ from neighbour to neighbour as those do.

    They minimise ``Σ |difference of neighbours − what it was|² + hold · Σ |shift|²``, with the smallest ``hold`` that
    is enough. That is a filter which lets what changes quickly pass, and is computed by a Fourier transform of the
    scene and its mirror image, which has no ends.
    """
    if float(shifts.abs().max()) <= MOST:
        return shifts
    waves = torch.fft.rfft(torch.cat([shifts, shifts.flip(0)]), dim=0)
    steepness = 2 - 2 * torch.cos(torch.pi * torch.arange(len(waves), dtype=shifts.dtype) / len(shifts))

    def held(hold: float) -> Tensor:
        passed = (steepness / (steepness + hold)).unsqueeze(1)
        mirrored: Tensor = torch.fft.irfft(passed * waves, n=2 * len(shifts), dim=0)
        return mirrored[: len(shifts)]

    # ``hold`` is sought on a logarithmic scale, because it goes with the square of a scene's length.
    least, most = -40.0, 40.0
    for _ in range(HALVINGS):
        middle = (least + most) / 2
        if float(held(2.0**middle).abs().max()) > MOST:
            least = middle
        else:
            most = middle
    return held(2.0**most)
