"""How far two photos of one scene are apart in exposure and white balance."""

from __future__ import annotations

import torch
from torch import Tensor

from verism.color.level import relit, stops_between
from verism.series.neighbours import in_lab

SLIGHT = 1.0
"""ΔE76 from which on a region counts by its distance, so that one that has changed pulls no harder than others; below,
by the square of it."""

STAY = 0.1
"""Weight of the squared shift, in ΔE76 per stop²: it decides where regions are black or blown out and tell nothing."""

ROUNDS = 20
"""Largest number of rounds; most pairs need five."""

_STEP = 1e-3
"""Difference of stops over which derivatives are taken."""

_FAR = 0.5
"""Largest change of a shift in a round, in stops."""


def stops_apart(light: Tensor, other: Tensor, weights: Tensor) -> Tensor:
    """Return the shift of red, green and blue, in stops, that takes one photo's regions closest to another's.

    The first photo goes half of the way and the second the other half, in the opposite direction, where the weighted
    mean of ``sqrt(ΔE76² + SLIGHT²)`` over the regions, plus ``STAY`` times the squared shift, is smallest: a robust
    mean of what the eye sees, found by Gauss and Newton's method with weights that follow the distances.

    Args:
        light: mean linear light of each of R regions in one photo, ``(R, 3)``.
        other: the same in the other photo.
        weights: how much each region counts, ``(R,)``.

    Returns:
        ``(3,)``; zero if the two are equal.
    """
    first, second, shares = light.double(), other.double(), (weights / weights.sum()).double()
    unit = torch.eye(3, dtype=torch.float64)
    shift = stops_between(first, second, shares).double()
    for _ in range(ROUNDS):
        at = torch.cat([shift.unsqueeze(0), shift + _STEP * unit]).unsqueeze(1) / 2
        apart = in_lab(relit(first, at)) - in_lab(relit(second, -at))
        here, slopes = apart[0], (apart[1:] - apart[0]) / _STEP
        trust = shares / (here.square().sum(dim=1) + SLIGHT**2).sqrt()
        curvature = torch.einsum("r,irc,jrc->ij", trust, slopes, slopes) + 2 * STAY * unit
        change = torch.linalg.solve(curvature, torch.einsum("r,irc,rc->i", trust, slopes, here) + 2 * STAY * shift)
        shift = shift - change.clamp(-_FAR, _FAR)
        if float(change.abs().max()) < _STEP:
            break
    return shift.float()
