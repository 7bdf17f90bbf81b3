"""Where on a layer's feature map some features are."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Positions(NamedTuple):
    """Which positions of a layer's whole feature map some features are of.

    Attributes:
        at: ``(n,)``, ascending, out of ``height · width``, row by row; None for all of them.
        height: of the whole map; without meaning if these are all.
        width: likewise.
    """

    at: Tensor | None = None
    height: int = 0
    width: int = 0

    def frame(self, features: Tensor) -> tuple[int, int]:
        """Return height and width of the whole map, given the features ``(1, d, h, w)`` at these positions."""
        height, width = features.shape[-2:] if self.at is None else (self.height, self.width)
        return height, width

    def of(self, whole: Tensor) -> Tensor:
        """Return what a whole ``(…, height · width)`` has at these positions, ``(…, n)``."""
        return whole if self.at is None else whole[..., self.at]

    def put(self, values: Tensor) -> Tensor:
        """Return a whole ``(…, height · width)`` with ``values`` ``(…, n)`` at these positions, and 0 elsewhere."""
        if self.at is None:
            return values
        return values.new_zeros(*values.shape[:-1], self.height * self.width).index_copy(-1, self.at, values)

    def among(self, wanted: Tensor) -> tuple[Positions, Tensor]:
        """Return which of the positions ``wanted`` ``(m,)`` are here, and where: out of m by 1, and out of n."""
        if self.at is None:
            return self, wanted
        where = torch.searchsorted(self.at, wanted).clamp_max(max(0, len(self.at) - 1))
        found = (self.at[where] == wanted if len(self.at) else torch.zeros_like(wanted)).nonzero().squeeze(1)
        return Positions(found, len(wanted), 1), where[found]


EVERYWHERE = Positions()
"""All positions: the features are those of the whole image."""
