"""The colours that a fit has seen, and the distance of other colours from them: how well a look covers a colour."""

from __future__ import annotations

from functools import cached_property

import torch
from torch import Tensor

from verism.color.cielab import cielab
from verism.color.spline import lookup

CELLS = 33
"""Number of grid lines along each axis of the RGB histogram, whose cells are about ΔE 4 wide."""

KNOWN = 12.0
"""Distance, in ΔE76, from the nearest seen colour up to which a colour counts as known."""

RARE = 2e-5
"""Share of the photo's pixels that a cell needs for its colour to count as seen. A single pixel may be noise."""

_CHUNK = 1024
"""Number of colours whose distances are computed at a time, to limit memory."""

_ROWS = 256
"""Number of rows of a photo that are looked up at a time, to limit memory."""


class SeenColors:
    """The colours of a photo: a histogram in RGB that gives the distance of any colour from the nearest one in it.

    Attributes:
        shares: ``(n,)`` float64, the share of the photo's pixels in each non-empty cell, summing to 1, on the CPU.
        colors: ``(n, 3)`` float64, the mean colour of the pixels in each cell, RGB in [0, 1], on the CPU.
    """

    def __init__(self, photo: Tensor) -> None:
        """Count the colours of ``photo`` ``(1, 3, H, W)``, RGB in [0, 1]."""
        pixels = _pixels(photo)
        cells = (pixels * (CELLS - 1)).long() @ torch.tensor([CELLS**2, CELLS, 1])
        _, self._cell, self._counts = cells.unique(return_inverse=True, return_counts=True)
        self.shares = self._counts / len(pixels)
        self.colors = self.mean(photo)

    def mean(self, image: Tensor) -> Tensor:
        """Return the mean of ``image`` over the pixels of each cell, ``(n, 3)`` float64.

        Args:
            image: ``(1, 3, H, W)``, of the shape of the photo, such as the result of a fit to it.
        """
        sums = torch.zeros(len(self._counts), 3, dtype=torch.float64)
        means: Tensor = sums.index_add_(0, self._cell, _pixels(image)) / self._counts.unsqueeze(1)
        return means

    def distance(self, nodes: Tensor) -> Tensor:
        """Return the distance of each colour from the nearest seen colour.

        Args:
            nodes: ``(n, 3)``, RGB in [0, 1].

        Returns:
            ``(n,)`` float32, ΔE76 in CIELAB under D65.
        """
        seen = cielab(self.colors[self.shares >= min(RARE, float(self.shares.max()))]).float()
        nearest = [torch.cdist(chunk, seen).amin(dim=1) for chunk in cielab(nodes.double()).float().split(_CHUNK)]
        return torch.cat(nearest)

    def unknown(self, photo: Tensor) -> float:
        """Return the share of the pixels of ``photo`` ``(1, 3, H, W)`` further than ``KNOWN`` from any seen colour.

        Computed on the photo's device.
        """
        distances = self._distances.to(photo.device)
        far = [lookup(distances, 2 * band.float() - 1) > KNOWN for band in photo.split(_ROWS, dim=-2)]
        return float(torch.cat(far, dim=-2).double().mean())

    @cached_property
    def _distances(self) -> Tensor:
        """``distance`` on a lattice of RGB, ``(1, CELLS, CELLS, CELLS)``, computed once for many photos."""
        axis = torch.linspace(0, 1, CELLS, dtype=torch.float32)
        blue, green, red = torch.meshgrid(axis, axis, axis, indexing="ij")
        return self.distance(torch.stack([red, green, blue], dim=-1).view(-1, 3)).view(1, CELLS, CELLS, CELLS)


def _pixels(photo: Tensor) -> Tensor:
    return photo.detach().cpu().double().flatten(2).squeeze(0).T
