"""Bins of similar colours: which pixels of a photo have the same colour, wherever they are."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from verism.color.spaces import Oklab

STEP = 0.05
"""Side of a bin in Oklab, about 5 ΔE: closer colours look alike, even side by side."""


class ColorBins(NamedTuple):
    """The pixels of a photo, sorted into cubes of Oklab.

    Attributes:
        cell: ``(H · W,)`` int64, the index of each pixel's bin, row by row.
        counts: ``(n,)`` float32, the number of pixels in each bin; none is empty.
    """

    cell: Tensor
    counts: Tensor

    def means(self, values: Tensor) -> Tensor:
        """Return the mean of ``values`` ``(H · W, c)`` over each bin, ``(n, c)``. Differentiable in the values."""
        sums = values.new_zeros(len(self.counts), values.shape[1]).index_add(0, self.cell, values)
        return sums / self.counts.to(values).unsqueeze(1)

    def within(self, values: Tensor) -> Tensor:
        """Return the deviation of ``values`` ``(H · W, c)`` from the mean of their bin, in the same shape."""
        return values - self.means(values)[self.cell]


def color_bins(photo: Tensor, step: float = STEP) -> ColorBins:
    """Sort the pixels of a photo into bins of similar colours.

    Args:
        photo: ``(1, 3, H, W)``, RGB in [0, 1], on any device.
        step: side of a bin, in Oklab.
    """
    # In bfloat16, rounding would split the colours of one bin over several.
    with torch.autocast(photo.device.type, enabled=False):
        cells = (Oklab().encode(photo.float()) / step).round().long().flatten(2).squeeze(0)
    # L is in [0, 1], and a and b are well inside [-0.5, 0.5].
    side = int(2 / step) + 1
    packed = ((cells[0] * side) + cells[1] + side // 2) * side + cells[2] + side // 2
    _, cell, counts = torch.unique(packed, return_inverse=True, return_counts=True)
    return ColorBins(cell, counts.float())
