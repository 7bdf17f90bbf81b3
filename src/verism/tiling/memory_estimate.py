"""Estimates the memory of a step, and finds tiles with which it fits."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

import psutil
import torch

from verism.backbone.architecture import Block
from verism.tiling.plan import Tiling

PASSING = 5
"""Number of feature maps of a block's last convolution that exist temporarily during the pass, besides those kept for
the backward pass."""

UNUSED = 1.15
"""Ratio of allocated to used memory of the features: the C library leaves gaps between them."""

SCRATCH = 80 * 10**6
"""Bytes of workspace of the convolutions. This, ``UNUSED`` and ``PASSING`` are measured on a CPU; see the test."""

IMAGES = 8
"""Number of images in float32: the photos, the parameter, its gradient, the optimiser's state."""

SMALL, LARGE = 256, 512
"""Sides of the tiles, in pixels. Small ones take little memory. Large ones are for deeper blocks, whose convolutions
reach further over the image, so that small tiles would be mostly border."""


class Step(NamedTuple):
    """What determines the memory of a step.

    Attributes:
        blocks: the blocks of the network that an image passes through.
        height: height of the image, or of a process's share of it, in pixels.
        width: width of the same, in pixels.
        bytes_each: bytes per feature: 2 in bf16-mixed and 16-mixed, 4 in 32-true.
    """

    blocks: Sequence[Block]
    height: int
    width: int
    bytes_each: int

    def takes(self, tiling: Tiling) -> int:
        """Return the approximate number of bytes that a step takes with a tiling."""
        pixels = self.height * self.width
        kernels = sum(9 * layer.inputs * layer.outputs for block in self.blocks for layer in block.convolutions)
        kept = passing = 0.0
        for number, (block, side) in enumerate(zip(self.blocks, tiling.sides(self.blocks), strict=True)):
            positions = pixels / block.stride**2
            seen = positions if side is None else positions / self._tiles(side * block.stride)
            kept += block.channels * (seen if number < tiling.checkpointed_blocks else positions)
            if side is not None:
                kept += block.convolutions[0].inputs * positions
            passing = max(passing, block.convolutions[-1].outputs * seen)
        features = UNUSED * (kept + PASSING * passing)
        return int(self.bytes_each * (kernels + features) + SCRATCH + pixels * IMAGES * 3 * 4)

    def _tiles(self, side: int) -> int:
        return ceil(self.height / side) * ceil(self.width / side)

    def fitting(self, most: float, least: int = 0) -> Tiling:
        """Return the fastest tiling that fits into memory or, if none does, the one that takes the least.

        Args:
            most: bytes that a step may take.
            least: minimum number of blocks to pass in tiles.
        """
        deeper = (Tiling(blocks, LARGE) for blocks in range(2, len(self.blocks) + 1))
        ways = [Tiling(), Tiling(1, SMALL), *deeper]
        ways = ways[: len(self.blocks) + 1]
        fitting = (tiling for tiling in ways[least:] if self.takes(tiling) <= most)
        return next(fitting, self.leanest)

    @property
    def leanest(self) -> Tiling:
        """The tiling that takes the least memory."""
        return Tiling(len(self.blocks), SMALL) if self.blocks else Tiling()

    def remedy(self, tiling: Tiling, available: int) -> str:
        """Return the option, for a message, with which a step would take less memory.

        Args:
            tiling: the current tiling.
            available: number of free bytes.
        """
        if not self.blocks:
            return "a smaller --data.size"
        takes, least = self.takes(tiling), self.takes(self.leanest)
        if takes > available and least < takes:
            return f"--model.tile {self.leanest.side}, with which it takes about {least / 1e9:.1f} GB"
        if self.bytes_each > 2:  # noqa: PLR2004
            half = self._replace(bytes_each=2).takes(tiling)
            return f"--trainer.precision bf16-mixed, with which it takes about {half / 1e9:.1f} GB"
        return "a smaller --data.size"


def fastest(device: torch.device) -> Tiling:
    """Return the tiling to use if there is enough memory."""
    # On a CPU, tiles in the first block save a third of the memory and cost at most a tenth more time: see
    # docs/performance.md.
    return Tiling(1, SMALL) if device.type == "cpu" else Tiling()


def free(device: torch.device) -> int:
    """Return the number of bytes of memory that are free for computations on ``device``."""
    if device.type != "cuda":
        return psutil.virtual_memory().available
    kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return torch.cuda.mem_get_info(device)[0] + kept
