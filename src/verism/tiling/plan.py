"""The plan of a pass: through which blocks of the network an image goes in which tiles."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

from torch import Tensor

from verism.backbone.architecture import POOLED, Block, reach
from verism.backbone.tap import ALL, Index
from verism.tiling.boxes import Box

CHANNELS = 128
"""Features of one pixel in a VGG's first block, for whose tiles a side is given."""


class Tiling(NamedTuple):
    """How an image passes a network's blocks: the first of them, whose maps are the largest, tile by tile.

    Attributes:
        checkpointed_blocks: number of blocks, from the first, that are recomputed tile by tile in the backward pass, so
            that no more than one tile of each is kept, besides the block's input. The block behind them also runs tile
            by tile, but all of it is kept: in small pieces, which leave less memory unused between them. The other
            blocks run on the whole image at once.
        side: of the first block's tiles in pixels, about; None if all of the network is passed at once.
    """

    checkpointed_blocks: int = 0
    side: int | None = None

    def sides(self, blocks: Sequence[Block]) -> list[int | None]:
        """Return the side of each block's tiles, in positions; such that all tiles take as much memory.

        None for those that are passed at once.
        """
        if self.side is None:
            return [None] * len(blocks)
        sides = [self.side * sqrt(CHANNELS / block.channels) for block in blocks]
        return [
            max(2, int(side / 2) * 2) if number <= self.checkpointed_blocks else None
            for number, side in enumerate(sides)
        ]


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

    @property
    def share(self) -> Box:
        """What the tiles' own features make up: all of the image, or a process's share of it."""
        first, last = self.tiles[0].own, self.tiles[-1].own
        return Box(first.top, first.left, last.bottom, last.right)


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
        result.append(Stage(block, entire, seen, handed, tiles, len(result) >= tiling.checkpointed_blocks))
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
