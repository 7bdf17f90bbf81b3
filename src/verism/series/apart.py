"""The difference in exposure and white balance between two photos of one scene."""

from __future__ import annotations

import torch
from torch import Tensor

from verism.color.level import Shift, relit, stops_between
from verism.series.neighbours import in_lab

SLIGHT = 1.0
"""ΔE76 from which on a region counts in proportion to its distance, so that a region whose contents changed has no more
influence than others; below it, in proportion to the square."""

STAY = 0.1
"""Weight of the squared shift, in ΔE76 per stop²: it decides where regions are black or blown out and carry no
information."""

EVEN = 0.3
"""Weight of the squared slopes, likewise: light that falls off from one edge to the other is the exception. Of 0.1,
0.3, 1 and 3, this value did best in cross-validation on six series: a shift found from half of the cells brought the
cells of the other half closest."""

ROUNDS = 20
"""Largest number of rounds; most pairs need five."""

_STEP = 1e-3
"""Difference in stops over which derivatives are taken."""

_FAR = 0.5
"""Largest change of a shift per round, in stops."""


def apart(light: Tensor, other: Tensor, weights: Tensor, places: Tensor) -> Shift:
    """Return the shift that brings one photo's regions closest to another's.

    The first photo is shifted by half of it, and the second by the other half in the opposite direction. The shift
    minimises the weighted mean of ``sqrt(ΔE76² + SLIGHT²)`` over the regions, a robust mean of the visible difference,
    plus ``STAY`` times the squared shift in the middle and ``EVEN`` times the squared slopes. It is found with
    Gauss-Newton steps, each of which reweights the regions by their distances.

    Args:
        light: mean linear light of each of R regions in one photo, ``(R, 3)``.
        other: the same in the other photo.
        weights: how much each region counts, ``(R,)``.
        places: the position of each region, averaged over both photos, ``(R, 2)``: across and down, from −½ to ½.

    Returns:
        The shift; zero if the two are equal.
    """
    first, second, shares = light.double(), other.double(), (weights / weights.sum()).double()
    levers = torch.cat([torch.ones_like(places[:, :1]), places], dim=1).double()
    shift = torch.zeros(3, 3, dtype=torch.float64)
    shift[0] = stops_between(first, second, shares)
    unit = torch.eye(9, dtype=torch.float64)
    pull = 2 * torch.tensor([STAY, EVEN, EVEN], dtype=torch.float64).repeat_interleave(3)
    for _ in range(ROUNDS):
        at = levers @ torch.cat([shift.unsqueeze(0), shift + _STEP * unit.view(9, 3, 3)]) / 2
        differences = in_lab(relit(first, at)) - in_lab(relit(second, -at))
        here, slopes = differences[0], (differences[1:] - differences[0]) / _STEP
        trust = shares / (here.square().sum(dim=1) + SLIGHT**2).sqrt()
        curvature = torch.einsum("r,irc,jrc->ij", trust, slopes, slopes) + pull.diag()
        wanted = torch.einsum("r,irc,rc->i", trust, slopes, here) + pull * shift.flatten()
        change = torch.linalg.solve(curvature, wanted)
        shift = shift - change.clamp(-_FAR, _FAR).view(3, 3)
        if float(change.abs().max()) < _STEP:
            break
    return Shift(shift[0].float(), shift[1:].float())
