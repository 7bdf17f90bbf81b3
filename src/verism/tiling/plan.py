"""The plan of a pass: which tiles of the image go through which blocks of the network."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

from torch import Tensor

from verism.backbone.architecture import POOLED, Block, reach
from verism.backbone.tap import ALL, Index
from verism.tiling.boxes import Box

CHANNELS = 128
"""Output channels of all convolutions in the first block of a VGG, to whose tiles ``Tiling.side`` refers."""


class Tiling(NamedTuple):
    """The blocks that an image passes through tile by tile: the first ones, whose feature maps are the largest.

    Attributes:
        checkpointed_blocks: number of blocks, from the first, that are recomputed tile by tile in the backward pass, so
            that at most one tile of each is kept, besides the block's input. The next block is also computed tile by
            tile, but all of it is kept: small pieces leave less unused memory between them. The remaining blocks are
            computed on the whole image.
        side: approximate side of the first block's tiles, in pixels; None: the image passes through the network whole.
    """

    checkpointed_blocks: int = 0
    side: int | None = None

    def sides(self, blocks: Sequence[Block]) -> list[int | None]:
        """Return the side of each block's tiles, in positions, so that the tiles of all blocks take the same memory.

        The side is None for blocks that the image passes through as a whole.
        """
        if self.side is None:
            return [None] * len(blocks)
        sides = [self.side * sqrt(CHANNELS / block.channels) for block in blocks]
        return [
            max(2, int(side / 2) * 2) if number <= self.checkpointed_blocks else None
            for number, side in enumerate(sides)
        ]


class Tile(NamedTuple):
    """A part of an image that passes through a block by itself; in positions of the block's convolutions.

    Attributes:
        own: the positions whose features the losses get from this tile.
        output: the positions passed on to the next block: ``own`` and, at the edges of a process's share, the
            surroundings that the following blocks need.
        window: the input on which the features at ``output`` depend.
    """

    own: Box
    output: Box
    window: Box

    def of(self, x: Tensor, stage: Stage) -> Tensor:
        """Return a view of the tile's window in ``x``, the input of the block."""
        return x[..., *self.window.within(stage.frame)]

    @property
    def inner(self) -> Index:
        """The rows and columns of ``own`` in ``window``."""
        return ALL if self.own == self.window else self.own.within(self.window)


class Stage(NamedTuple):
    """A block of the network and the part of an image that passes through it; in positions of the block's convolutions.

    Attributes:
        block: the block.
        whole: the whole image.
        frame: the input: the whole image, or a process's share with the surroundings on which this block and the
            following ones depend.
        output: what is passed on to the next block.
        tiles: the tiles that pass through the block, one after the other.
        keep: whether the features of all tiles are kept for the backward pass; if not, only those of the last tile are,
            and the others are recomputed.
    """

    block: Block
    whole: Box
    frame: Box
    output: Box
    tiles: Sequence[Tile]
    keep: bool

    @property
    def share(self) -> Box:
        """The union of the tiles' own positions: the whole image, or a process's share of it."""
        first, last = self.tiles[0].own, self.tiles[-1].own
        return Box(first.top, first.left, last.bottom, last.right)


def stages(blocks: Sequence[Block], image: Box, share: Box, tiling: Tiling) -> list[Stage]:
    """Return the stages in which an image, or a share of it, passes through a network.

    Args:
        blocks: the blocks of the network.
        image: the whole image, in pixels.
        share: the share, in pixels; its edges are the image's, or multiples of ``POOLED``.
        tiling: the blocks that it passes through tile by tile.
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
    # The 2×2 squares of a pooling must not be split between two tiles.
    parts = [share] if side is None else share.cut(side, 2 if block.pool else 1)
    tiles = []
    for own in parts:
        # The surroundings of the share belong to the output of the tile next to them.
        edges = zip(own, share, output, strict=True)
        handed = Box(*(outer if edge == inner else edge for edge, inner, outer in edges))
        tiles.append(Tile(own, handed, handed.grow(len(block.convolutions), frame)))
    return tiles
