"""Lookup tables of colours: what a look is as far as it depends on the colour alone."""

from __future__ import annotations

import torch
from torch import Tensor

from verism.lattice import cubic_spline, lookup, refine

SIZE = 33
"""Nodes along each axis of a table."""

CONTROLS = 9
"""Control values along each axis of the spline that a table is fitted as."""

_STIFFNESS = 1e-5
"""Weight of bending against the mean squared error: it decides only where the photo has no colours."""

_INERTIA = 1e-9
"""Weight of the change itself: it decides only what neither colours nor bending do, as what is red in a grey photo."""


def through(table: Tensor, photo: Tensor) -> Tensor:
    """Replace the colours of ``photo`` ``(1, 3, H, W)``, RGB in [0, 1], by those in a table; not clipped.

    Args:
        table: ``(3, n, n, n)``, RGB by blue, green and red.
        photo: on any device; the table follows.
    """
    return lookup(table.to(photo), 2 * photo - 1).unsqueeze(0)


def closest(content: Tensor, image: Tensor) -> Tensor:
    """Return the smooth table that makes of ``content`` what comes closest to ``image``.

    A cubic spline with the least mean squared error, plus a little for bending, which continues it in a straight line
    where the photo has no colours.

    Args:
        content: ``(1, 3, H, W)``, RGB in [0, 1].
        image: of the same shape.

    Returns:
        ``(3, 33, 33, 33)``, RGB by blue, green and red, on the CPU.
    """
    shares, colors, changes = _gather(content, image)
    red, green, blue = (cubic_spline(CONTROLS, channel) for channel in colors.T)
    basis = torch.einsum("nz,ny,nx->nzyx", blue, green, red).flatten(1)
    weighted = basis * shares.unsqueeze(1)
    resistance = _STIFFNESS * _bending() + _INERTIA * torch.eye(CONTROLS**3)
    controls = torch.linalg.solve(weighted.T @ basis + resistance, weighted.T @ changes)
    axis = torch.linspace(0, 1, SIZE, dtype=torch.float64)
    spline = cubic_spline(CONTROLS, axis)
    change = refine(controls.T.view(3, CONTROLS, CONTROLS, CONTROLS), spline, spline, spline)
    blues, greens, reds = torch.meshgrid(axis, axis, axis, indexing="ij")
    return (torch.stack([reds, greens, blues]) + change).float()


def _gather(content: Tensor, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the photo's colours and how they change, the mean of each cell of the table that has any.

    The cells are much smaller than the steps between control values, and some thousand, where pixels are a million.

    Returns:
        The cells' shares of the photo, ``(n,)``; colours and changes, ``(n, 3)``; float64, on the CPU.
    """
    colors, targets = (photo.detach().cpu().double().flatten(2).squeeze(0).T for photo in (content, image))
    cells = (colors * (SIZE - 1)).long() @ torch.tensor([SIZE**2, SIZE, 1])
    _, cell, counts = cells.unique(return_inverse=True, return_counts=True)
    sums = torch.zeros(len(counts), 6, dtype=torch.float64)
    sums.index_add_(0, cell, torch.cat([colors, targets - colors], dim=1))
    means = sums / counts.unsqueeze(1)
    return counts / len(colors), means[:, :3], means[:, 3:]


def _bending() -> Tensor:
    """Return the quadratic form of the control values' second differences along all axes."""
    second = torch.eye(CONTROLS, dtype=torch.float64).diff(n=2, dim=0) * (CONTROLS - 1) ** 2
    form, unit = second.T @ second / CONTROLS**3, torch.eye(CONTROLS, dtype=torch.float64)
    axes = [(form, unit, unit), (unit, form, unit), (unit, unit, form)]
    return torch.stack([torch.kron(torch.kron(a, b), c) for a, b, c in axes]).sum(dim=0)
