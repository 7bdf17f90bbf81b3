"""Tiles: rectangles that an image is cut into, so that a network can look at one after the other."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple, Self

import torch
from torch import Tensor

from verism.errors import VerismError
from verism.vgg19 import POOLED, stride


class Margins(NamedTuple):
    """Pixels around a tile that are looked at for what they do to its features, and not for their own."""

    top: int = 0
    left: int = 0
    bottom: int = 0
    right: int = 0

    def at_most(self, width: int) -> Self:
        """Return margins no wider than ``width``."""
        return type(self)(*(min(margin, width) for margin in self))

    def crop(self, x: Tensor) -> Tensor:
        """Return ``x`` ``(…, H, W)`` without the margins: a view, or itself if there are none."""
        if not any(self):
            return x  # Autograd would copy even what a slice leaves whole.
        height, width = x.shape[-2:]
        return x[..., self.top : height - self.bottom, self.left : width - self.right]

    def __floordiv__(self, step: int) -> Self:
        """Return the margins in steps of so many pixels."""
        return type(self)(*(margin // step for margin in self))

    def __sub__(self, other: Margins) -> Self:
        """Return how much wider these are than ``other``."""
        return type(self)(*(mine - theirs for mine, theirs in zip(self, other, strict=True)))


class Positions(NamedTuple):
    """Which positions of a layer's whole feature map some features are of.

    Attributes:
        at: ``(n,)``, ascending, out of ``total``, row by row; None for all of them.
        total: how many the whole map has; without meaning if these are all.
    """

    at: Tensor | None = None
    total: int = 0

    def of(self, whole: Tensor) -> Tensor:
        """Return what a whole ``(…, total)`` has at these positions, ``(…, n)``."""
        return whole if self.at is None else whole[..., self.at]

    def put(self, values: Tensor) -> Tensor:
        """Return a whole ``(…, total)`` with ``values`` ``(…, n)`` at these positions, and 0 elsewhere."""
        if self.at is None:
            return values
        return values.new_zeros(*values.shape[:-1], self.total).index_copy(-1, self.at, values)

    def among(self, wanted: Tensor) -> tuple[Positions, Tensor]:
        """Return which of the positions ``wanted`` ``(m,)`` are here, and where: out of m, and out of n."""
        if self.at is None:
            return self, wanted
        where = torch.searchsorted(self.at, wanted).clamp_max(max(0, len(self.at) - 1))
        found = (self.at[where] == wanted if len(self.at) else torch.zeros_like(wanted)).nonzero().squeeze(1)
        return Positions(found, len(wanted)), where[found]


EVERYWHERE = Positions()
"""All positions: the features are those of the whole image."""


class Tile(NamedTuple):
    """A rectangle of an image; what it has of deeper layers begins and ends with their positions.

    Attributes:
        top: its first row; a multiple of ``POOLED``, as ``left``.
        left: its first column.
        bottom: the row after its last; a multiple of ``POOLED``, as ``right``, or the image's end.
        right: the column after its last.
        height: of the image, in pixels.
        width: of the image, in pixels.
    """

    top: int
    left: int
    bottom: int
    right: int
    height: int
    width: int

    @property
    def whole(self) -> bool:
        """Whether it is all of the image."""
        return (self.top, self.left, self.bottom, self.right) == (0, 0, self.height, self.width)

    def margins(self, width: int) -> Margins:
        """Return margins of ``width``, narrower where the image ends."""
        room = (self.top, self.left, self.height - self.bottom, self.width - self.right)
        return Margins(*(min(width, side) for side in room))

    def window(self, image: Tensor, margins: Margins) -> Tensor:
        """Return the tile of ``image`` ``(…, height, width)``, with its margins; a view."""
        rows = slice(self.top - margins.top, self.bottom + margins.bottom)
        return image[..., rows, self.left - margins.left : self.right + margins.right]

    def positions(self, layer: str, device: torch.device) -> Positions:
        """Return which positions of ``layer`` the tile has."""
        step = stride(layer)
        if self.whole:
            return EVERYWHERE
        rows, columns = self.height // step, self.width // step
        y = torch.arange(self.top // step, self.bottom // step, device=device)
        x = torch.arange(self.left // step, self.right // step, device=device)
        return Positions((y.unsqueeze(1) * columns + x).flatten(), rows * columns)


def whole(height: int, width: int) -> Tile:
    """Return the tile that is all of an image."""
    return Tile(0, 0, height, width, height, width)


def cut(tile: Tile, size: int) -> list[Tile]:
    """Cut a tile into parts of about equal size, of about ``size`` × ``size`` pixels at most.

    Args:
        tile: what to cut.
        size: a multiple of ``POOLED``.
    """
    rows = _bounds(tile.top, tile.bottom, -(-(tile.bottom - tile.top) // size))
    columns = _bounds(tile.left, tile.right, -(-(tile.right - tile.left) // size))
    return [
        tile._replace(top=top, bottom=bottom, left=left, right=right)
        for top, bottom in pairwise(rows)
        for left, right in pairwise(columns)
    ]


def shares(height: int, width: int, ranks: int) -> list[Tile]:
    """Return what of an image each process has: bands across the longer side, since they overlap the least.

    Raises:
        VerismError: there are more processes than bands.
    """
    if max(height, width) < ranks * POOLED:
        raise VerismError(
            f"--trainer.devices: an image of {width}×{height} pixels cannot be shared by {ranks} processes, each of "
            f"which needs {POOLED} pixels; take fewer, or a larger --data.size, or first of --model.scales."
        )
    tile, bounds = whole(height, width), pairwise(_bounds(0, max(height, width), ranks))
    if height > width:
        return [tile._replace(top=top, bottom=bottom) for top, bottom in bounds]
    return [tile._replace(left=left, right=right) for left, right in bounds]


def _bounds(start: int, end: int, parts: int) -> list[int]:
    """Return where ``parts`` about equal parts begin, and where the last ends; all but that in steps of ``POOLED``."""
    steps = (end - start) / POOLED
    return [*(start + POOLED * int(steps * part / parts) for part in range(parts)), end]
