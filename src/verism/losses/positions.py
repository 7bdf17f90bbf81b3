"""Positions on a layer's feature map."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Positions(NamedTuple):
    """Positions of features in the whole feature map of a layer.

    Attributes:
        at: ``(n,)`` int64, ascending indices into the map's ``height · width`` positions, row by row. None means all
            positions.
        height: height of the whole map. Unused if ``at`` is None.
        width: width of the whole map. Unused if ``at`` is None.
    """

    at: Tensor | None = None
    height: int = 0
    width: int = 0

    def frame(self, features: Tensor) -> tuple[int, int]:
        """Return the height and width of the whole map, given the features ``(1, d, h, w)`` at these positions."""
        height, width = features.shape[-2:] if self.at is None else (self.height, self.width)
        return height, width

    def of(self, whole: Tensor) -> Tensor:
        """Return the values of a whole map ``(…, height · width)`` at these positions, ``(…, n)``."""
        return whole if self.at is None else whole[..., self.at]

    def put(self, values: Tensor) -> Tensor:
        """Return a whole map ``(…, height · width)`` with ``values`` ``(…, n)`` at these positions and 0 elsewhere."""
        if self.at is None:
            return values
        return values.new_zeros(*values.shape[:-1], self.height * self.width).index_copy(-1, self.at, values)

    def among(self, wanted: Tensor) -> tuple[Positions, Tensor]:
        """Select those of the wanted positions that are among these.

        Args:
            wanted: ``(m,)`` int64, indices into the whole map.

        Returns:
            The positions found, as positions in a map of m by 1, and their indices into the n positions here.
        """
        if self.at is None:
            return self, wanted
        where = torch.searchsorted(self.at, wanted).clamp_max(max(0, len(self.at) - 1))
        found = (self.at[where] == wanted if len(self.at) else torch.zeros_like(wanted)).nonzero().squeeze(1)
        return Positions(found, len(wanted), 1), where[found]


EVERYWHERE = Positions()
"""All positions of the whole image."""
