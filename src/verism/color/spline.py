"""Functions on a regular lattice: cubic splines from control values, trilinear interpolation, and its transpose."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812


def cubic_spline(controls: int, at: Tensor) -> Tensor:
    """Return the matrix ``(n, controls)`` that maps the control values of a uniform cubic B-spline to its values.

    Args:
        controls: number of control values, spread evenly from 0 to 1. They are extrapolated linearly beyond both ends,
            so that control values on a straight line give a straight line. A single control value gives a constant.
        at: ``(n,)`` in [0, 1], where to evaluate the spline.
    """
    if controls == 1:
        return torch.ones_like(at).unsqueeze(1)
    position = at.double() * (controls - 1)
    left = position.floor().clamp(0, controls - 2)
    t = position - left
    weights = torch.stack([(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3], dim=1) / 6
    # Column i + 1 belongs to control value i; the first and last columns, to the values beyond the ends.
    columns = left.long().unsqueeze(1) + torch.arange(4, device=at.device)
    matrix = weights.new_zeros(len(at), controls + 2).scatter_(1, columns, weights)
    before, inside, after = matrix[:, :1], matrix[:, 1:-1].clone(), matrix[:, -1:]
    line = weights.new_tensor([2, -1])
    inside[:, :2] += before * line
    inside[:, -2:] += after * line.flip(0)
    return inside.to(at)


def refine(controls: Tensor, *matrices: Tensor) -> Tensor:
    """Return the values of a spline in three dimensions, ``(c, Z, Y, X)``.

    Args:
        controls: ``(c, z, y, x)``, the control values.
        *matrices: ``(Z, z)``, ``(Y, y)`` and ``(X, x)``, from ``cubic_spline``.
    """
    return torch.einsum("czyx,Zz,Yy,Xx->cZYX", controls, *matrices)


def lookup(lattice: Tensor, places: Tensor) -> Tensor:
    """Interpolate trilinearly between the values on a lattice.

    Args:
        lattice: ``(c, Z, Y, X)``, values at nodes that are spread evenly from -1 to 1 along each axis, ends included.
        places: ``(1, 3, H, W)``: x, y and z. Outside [-1, 1], the value at the border is used.

    Returns:
        ``(c, H, W)``.
    """
    at = places.permute(0, 2, 3, 1).unsqueeze(1)
    values = F.grid_sample(lattice.unsqueeze(0), at, align_corners=True, padding_mode="border")
    return values[0, :, 0]


def spread(values: Tensor, positions: Tensor, shape: Sequence[int]) -> Tensor:
    """Add up values on a lattice, dividing each between the eight nodes around it: the transpose of ``lookup``.

    Args:
        values: ``(c, n)``.
        positions: ``(3, n)``: z, y and x, counted in nodes from the first. Outside, the border's nodes are used.
        shape: number of nodes along z, y and x, at least 2 each.

    Returns:
        ``(c, Z, Y, X)``.
    """
    last = torch.tensor([nodes - 1 for nodes in shape]).to(positions).unsqueeze(1)
    before = torch.minimum(positions.clamp_min(0).floor(), last - 1)
    within = (positions - before).clamp(0, 1)
    lattice = values.new_zeros(len(values), prod(shape))
    for corner in product((0, 1), repeat=3):
        step = torch.tensor(corner).to(before).unsqueeze(1)
        weights = torch.where(step == 1, within, 1 - within).prod(dim=0)
        z, y, x = (before + step).long()
        lattice.index_add_(1, (z * shape[1] + y) * shape[2] + x, values * weights)
    return lattice.view(len(values), *shape)
