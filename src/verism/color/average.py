"""Averages over all pixels of similar colour, wherever they are in a photo."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism.color.spaces import Oklab
from verism.color.spline import lookup, spread

RANGES = ((0.0, 1.0), (-0.4, 0.4), (-0.4, 0.4))
"""Ranges of L, a and b in Oklab that contain all of sRGB."""

NODES = (21, 17, 17)
"""Number of lattice nodes along L, a and b. They are 0.05 apart, which is about 5 ΔE."""


def average_by_color(values: Tensor, photo: Tensor) -> Tensor:
    """Return, for each pixel, the mean of ``values`` over all pixels of similar colour: a smooth function of colour.

    A bilateral grid without x and y (Chen et al. 2007, "Real-time Edge-Aware Image Processing with the Bilateral
    Grid"): values are spread over the eight nearest nodes of a lattice in Oklab, blurred by one node, and interpolated
    at each pixel's colour.

    Args:
        values: ``(1, c, H, W)``.
        photo: ``(1, 3, H, W)``, RGB in [0, 1].

    Returns:
        ``(1, c, H, W)``.
    """
    colors = Oklab().encode(photo.float())[0]
    at = torch.stack([(x - low) / (high - low) for x, (low, high) in zip(colors, RANGES, strict=True)]).clamp(0, 1)
    rows = torch.cat([values, torch.ones_like(values[:, :1])], dim=1).flatten(2).squeeze(0)
    lattice = spread(rows, at.flatten(1) * torch.tensor([n - 1 for n in NODES]).to(at).unsqueeze(1), NODES)
    bell = rows.new_tensor([1, 2, 1]) / 4
    kernel = torch.einsum("i,j,k->ijk", bell, bell, bell).expand(len(rows), 1, 3, 3, 3)
    blurred = F.conv3d(lattice.unsqueeze(0), kernel, padding=1, groups=len(rows))[0]
    # The lattice's axes are L, a and b, in the order that ``lookup`` calls z, y and x.
    found = lookup(blurred, (2 * at.flip(0) - 1).unsqueeze(0))
    return (found[:-1] / found[-1:].clamp_min(1e-12)).unsqueeze(0)
