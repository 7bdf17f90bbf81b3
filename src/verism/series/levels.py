"""The shift of each photo's exposure before the look is applied, so that neighbours of one scene match."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from verism.color.level import Shift

MOST = 2 / 3
"""Largest shift of a channel in the middle of a photo, in stops: two clicks of a camera's dial."""

STEEPEST = 0.2
"""Largest difference of a channel's shift between opposite edges of a photo, in stops: a tenth at either edge is hardly
visible. It is bounded because clipped photos can appear to have a gradient where there is none."""

HALVINGS = 40
"""Number of bisection steps in the search for the limit's weight, whose exponent of 2 is initially between −40 and
40."""


@dataclass(frozen=True)
class Shared:
    """The regions that two neighbours of one scene share.

    Attributes:
        light: mean linear light of each of R regions in the first photo, ``(R, 3)``.
        other: the same in the second photo.
        weights: how much each region counts, ``(R,)``.
        shift: the shift from the first photo to the second.
    """

    light: Tensor
    other: Tensor
    weights: Tensor
    shift: Shift


def levels(pairs: Sequence[Shared | None]) -> list[Shift]:
    """Return the shift of each photo.

    A scene is a sequence of photos, each of which shares regions with the next. Its photos are shifted to the mean
    light of the scene. If this would shift a channel of any of them by more than ``MOST``, or tilt it by more than
    ``STEEPEST``, the slowest changes of light within the scene are kept, as many of them as necessary.

    Args:
        pairs: what each photo shares with the next one; None if they show two scenes.

    Returns:
        A shift for each photo, one more than there are pairs.
    """
    start = Shift.even(torch.zeros(3))
    found: list[Shift] = []
    steps = [start]
    for pair in [*pairs, None]:
        if pair is not None:
            steps.append(pair.shift)
            continue
        stops = _limited(_to_the_mean([it.stops for it in steps]), MOST)
        slopes = _limited(_to_the_mean([it.slopes.flatten() for it in steps]), STEEPEST)
        found += [Shift(here, tilt.view(2, 3)) for here, tilt in zip(stops.float(), slopes.float(), strict=True)]
        steps = [start]
    return found


def _to_the_mean(steps: Sequence[Tensor]) -> Tensor:
    """Return the shift from each photo of a scene to the mean of all, ``(n, k)``.

    Args:
        steps: ``(k,)`` for each photo: the shift from the previous photo to this one; zero for the first.
    """
    light = torch.stack(list(steps)).double().cumsum(dim=0)
    return light.mean(dim=0) - light


def _limited(shifts: Tensor, most: float) -> Tensor:
    """Return shifts of a scene ``(n, k)``, limited to ``most``, with about the given differences between neighbours.

    They minimise ``Σ |new difference of neighbours − given difference|² + hold · Σ |shift|²``, with the smallest
    ``hold`` that suffices. This is a high-pass filter, computed by a Fourier transform of the scene followed by its
    mirror image, which makes it periodic.
    """
    if float(shifts.abs().max()) <= most:
        return shifts
    waves = torch.fft.rfft(torch.cat([shifts, shifts.flip(0)]), dim=0)
    steepness = 2 - 2 * torch.cos(torch.pi * torch.arange(len(waves), dtype=shifts.dtype) / len(shifts))

    def held(hold: float) -> Tensor:
        passed = (steepness / (steepness + hold)).unsqueeze(1)
        mirrored: Tensor = torch.fft.irfft(passed * waves, n=2 * len(shifts), dim=0)
        return mirrored[: len(shifts)]

    # ``hold`` is searched on a logarithmic scale, because it grows with the square of a scene's length.
    lowest, highest = -40.0, 40.0
    for _ in range(HALVINGS):
        middle = (lowest + highest) / 2
        if float(held(2.0**middle).abs().max()) > most:
            lowest = middle
        else:
            highest = middle
    return held(2.0**highest)
