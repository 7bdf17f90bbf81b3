"""Tiles: rectangles that a map is cut into, so that a network can look at one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import sqrt
from typing import NamedTuple

import torch
from torch import Tensor

from verism.errors import VerismError
from verism.tap import ALL, Index
from verism.vgg19 import BLOCKS, POOLED, Block, reach


class Box(NamedTuple):
    """A rectangle of pixels, or of a layer's positions.

    Attributes:
        top: its first row.
        left: its first column.
        bottom: the row after its last.
        right: the column after its last.
    """

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        """How many rows it has."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """How many columns it has."""
        return self.right - self.left

    def grow(self, margin: int, inside: Box) -> Box:
        """Return it with so much around it as there is inside of another."""
        return Box(
            max(self.top - margin, inside.top),
            max(self.left - margin, inside.left),
            min(self.bottom + margin, inside.bottom),
            min(self.right + margin, inside.right),
        )

    def __floordiv__(self, step: int) -> Box:
        """Return it on a map of one position for ``step``; what is no whole position at its end is left out."""
        return Box(*(edge // step for edge in self))

    def within(self, frame: Box) -> Index:
        """Return its rows and columns in a map of ``frame``."""
        return (
            slice(self.top - frame.top, self.bottom - frame.top),
            slice(self.left - frame.left, self.right - frame.left),
        )

    def put(self, part: Tensor, frame: Box, into: Tensor | None) -> Tensor:
        """Return ``into``, a map of ``frame``, with ``part`` ``(1, d, h, w)`` here; a new one if it is None."""
        if self == frame:
            return part
        if into is None:
            shape = (*part.shape[:2], frame.height, frame.width)
            into = torch.empty(shape, dtype=part.dtype, device=part.device, memory_format=torch.channels_last)
        into[..., *self.within(frame)] = part
        return into

    def cut(self, side: int, step: int) -> list[Box]:
        """Cut it into about equal parts, of about ``side`` × ``side`` at most, with edges in steps of ``step``."""
        rows, columns = (
            _bounds(start, end, max(1, min(-(-(end - start) // side), (end - start) // step)), step)
            for start, end in ((self.top, self.bottom), (self.left, self.right))
        )
        return [Box(top, left, bottom, right) for top, bottom in pairwise(rows) for left, right in pairwise(columns)]

    def positions(self, frame: Box, device: torch.device) -> Positions:
        """Return which positions of a map of ``frame`` it has."""
        if self == frame:
            return EVERYWHERE
        rows, columns = self.within(frame)
        y = torch.arange(rows.start, rows.stop, device=device)
        x = torch.arange(columns.start, columns.stop, device=device)
        return Positions((y.unsqueeze(1) * frame.width + x).flatten(), frame.height, frame.width)


def whole(height: int, width: int) -> Box:
    """Return the box of all of a map."""
    return Box(0, 0, height, width)


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


class Tiling(NamedTuple):
    """How an image passes a network's blocks: the first of them, whose maps are the largest, tile by tile.

    Attributes:
        again: how many blocks, from the first, are passed once more for the backward pass, so that of each of them no
            more than one tile is kept, but for what comes in. The one behind them is passed tile by tile as well, but
            all of it is kept: in small pieces, which leave less memory unused between them. The others are passed at
            once.
        side: of the first block's tiles in pixels, about; None if all of the network is passed at once.
    """

    again: int = 0
    side: int | None = None

    def sides(self, blocks: Sequence[Block]) -> list[int | None]:
        """Return the side of each block's tiles, in positions; such that all tiles take as much memory.

        None for those that are passed at once.
        """
        if self.side is None:
            return [None] * len(blocks)
        sides = [self.side * sqrt(BLOCKS[0].channels / block.channels) for block in blocks]
        return [max(2, int(side / 2) * 2) if number <= self.again else None for number, side in enumerate(sides)]


class Tile(NamedTuple):
    """A part of an image that is taken through a block by itself; in positions of the block's convolutions.

    Attributes:
        own: whose features count.
        output: what is handed on to the next block: ``own``, and what that block needs to see around it.
        window: what has to be seen for that: more around it, by as much as the convolutions reach.
    """

    own: Box
    output: Box
    window: Box

    def of(self, x: Tensor, stage: Stage) -> Tensor:
        """Return a view of its window in ``x``, what comes in."""
        return x[..., *self.window.within(stage.frame)]

    @property
    def inner(self) -> Index:
        """Where its own features are in its window."""
        return ALL if self.own == self.window else self.own.within(self.window)


class Stage(NamedTuple):
    """A block, and what of an image passes it.

    Attributes:
        block: of the network.
        whole: the whole image, in positions of the block's convolutions, as all that follows.
        frame: what comes in: all of it, or a process's share with as much around it as is needed from here on.
        output: what is handed on to the next block.
        tiles: that are taken through one after the other.
        keep: whether all of them are kept for the backward pass, or only the last, and the others taken through again.
    """

    block: Block
    whole: Box
    frame: Box
    output: Box
    tiles: Sequence[Tile]
    keep: bool


def stages(blocks: Sequence[Block], image: Box, share: Box, tiling: Tiling) -> list[Stage]:
    """Return how a share of an image passes a network.

    Args:
        blocks: of the network.
        image: all of it, in pixels.
        share: of it, in pixels; its edges are the image's, or multiples of ``POOLED``.
        tiling: which of the blocks it passes tile by tile.
    """
    margins = [-(-radius // POOLED) * POOLED for radius in (*reach(blocks), 0)]
    frames = [share.grow(margin, image) for margin in margins]
    result: list[Stage] = []
    for block, side, frame, output in zip(blocks, tiling.sides(blocks), frames[:-1], frames[1:], strict=True):
        entire, seen, handed, own = (box // block.stride for box in (image, frame, output, share))
        tiles = _tiles(block, side, seen, handed, own)
        result.append(Stage(block, entire, seen, handed, tiles, len(result) >= tiling.again))
    return result


def _tiles(block: Block, side: int | None, frame: Box, output: Box, share: Box) -> list[Tile]:
    # A pooling must not find one half of a square here, and the other in the next tile.
    parts = [share] if side is None else share.cut(side, 2 if block.pool else 1)
    tiles = []
    for own in parts:
        # What lies around the share is seen with the tile next to it.
        edges = zip(own, share, output, strict=True)
        handed = Box(*(outer if edge == inner else edge for edge, inner, outer in edges))
        tiles.append(Tile(own, handed, handed.grow(len(block.convolutions), frame)))
    return tiles


def shares(height: int, width: int, ranks: int) -> list[Box]:
    """Return what of an image each process has: bands across the longer side, since they overlap the least.

    Raises:
        VerismError: there are more processes than bands.
    """
    if max(height, width) < ranks * POOLED:
        raise VerismError(
            f"--trainer.devices: an image of {width}×{height} pixels cannot be shared by {ranks} processes, each of "
            f"which needs {POOLED} pixels; take fewer, or a larger --data.size, or first of --model.scales."
        )
    image, bounds = whole(height, width), pairwise(_bounds(0, max(height, width), ranks, POOLED))
    if height > width:
        return [image._replace(top=top, bottom=bottom) for top, bottom in bounds]
    return [image._replace(left=left, right=right) for left, right in bounds]


def _bounds(start: int, end: int, parts: int, step: int) -> list[int]:
    """Return where ``parts`` about equal parts begin, and where the last ends; all but that in steps of ``step``."""
    steps = (end - start) / step
    return [*(start + step * int(steps * part / parts) for part in range(parts)), end]
