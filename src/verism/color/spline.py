"""Functions on a regular lattice of three dimensions: smooth ones from few control values, and their values between."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812


def cubic_spline(controls: int, at: Tensor) -> Tensor:
    """Return the matrix ``(n, controls)`` that takes the control values of a uniform cubic B-spline to its values.

    Args:
        controls: how many, spread evenly from 0 to 1. Beyond an end they are thought to go on in a straight line, so
            that straight lines stay what they are. A single one makes a constant.
        at: ``(n,)``, in [0, 1].
    """
    if controls == 1:
        return torch.ones_like(at).unsqueeze(1)
    position = at.double() * (controls - 1)
    left = position.floor().clamp(0, controls - 2)
    t = position - left
    weights = torch.stack([(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3], dim=1) / 6
    # Column i + 1 belongs to control i; the first and the last to those beyond the ends.
    columns = left.long().unsqueeze(1) + torch.arange(4, device=at.device)
    matrix = weights.new_zeros(len(at), controls + 2).scatter_(1, columns, weights)
    before, inside, after = matrix[:, :1], matrix[:, 1:-1].clone(), matrix[:, -1:]
    line = weights.new_tensor([2, -1])
    inside[:, :2] += before * line
    inside[:, -2:] += after * line.flip(0)
    return inside.to(at)


def refine(controls: Tensor, *matrices: Tensor) -> Tensor:
    """Return a spline's values on a finer lattice: ``(c, z, y, x)`` to ``(c, Z, Y, X)``, by a matrix for each axis."""
    return torch.einsum("czyx,Zz,Yy,Xx->cZYX", controls, *matrices)


def lookup(lattice: Tensor, places: Tensor) -> Tensor:
    """Interpolate linearly between the values on a lattice.

    Args:
        lattice: ``(c, Z, Y, X)``, spread from -1 to 1 along each axis, ends included.
        places: ``(1, 3, H, W)``: x, y and z; those outside of [-1, 1] get the value at the border.

    Returns:
        ``(c, H, W)``.
    """
    at = places.permute(0, 2, 3, 1).unsqueeze(1)
    values = F.grid_sample(lattice.unsqueeze(0), at, align_corners=True, padding_mode="border")
    return values[0, :, 0]
