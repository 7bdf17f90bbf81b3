"""How much memory a step takes, known before it is taken, and the size of the tiles that make it fit."""

from __future__ import annotations

from collections.abc import Set
from typing import NamedTuple

import psutil
import torch

from verism.vgg19 import CONVOLUTIONS, POOLED, reach, stride

PASSING = 3.5
"""Maps as large as the first convolution's that there is room for besides those that are kept for the backward pass: a
few that pass, and what the C library leaves between blocks. One more is in float32, for the Gram matrices. Measured on
a CPU, at five sizes from 256×455 to 1200×2132."""

IMAGES = 8
"""Images in float32 that there are: the photos, the parameter, its derivative, the optimiser's state."""

TILE = 1024
"""Side of the tiles of an image that needs them, in pixels: with smaller ones, more would be margins."""

SMALLEST = 128
"""Side of the smallest tiles that are worth their margins."""


class Step(NamedTuple):
    """One step, as far as its memory goes.

    Attributes:
        layers: at which the network is asked for features.
        height: of the image, or of a process's share of it, in pixels.
        width: likewise.
        bytes_each: of a feature: 2 in bf16-mixed and 16-mixed, 4 in 32-true.
        halo: width of the margins around a tile, in pixels.
    """

    layers: Set[str]
    height: int
    width: int
    bytes_each: int
    halo: int

    def takes(self, tile: int | None = None) -> int:
        """Return about how many bytes it takes, in tiles of that side, or all at once."""
        pixels = self.height * self.width
        seen = pixels if tile is None else min(pixels, (tile + 2 * self.halo) ** 2)
        passed = reach(self.layers)
        kept = sum(layer.outputs / stride(layer.name) ** 2 for layer in CONVOLUTIONS if layer.name in passed)
        maps = self.bytes_each * (kept + PASSING * CONVOLUTIONS[0].outputs) + 4 * CONVOLUTIONS[0].outputs
        return int(seen * maps + pixels * IMAGES * 3 * 4)

    def tile(self, most: int) -> int | None:
        """Return the side of the tiles with which it takes at most so many bytes, or None if it does so without.

        The smallest tiles are returned also where they take more.
        """
        if self.takes() <= most:
            return None
        tile = TILE
        while tile > SMALLEST and self.takes(tile) > most:
            tile = tile // 2 // POOLED * POOLED
        return tile


def free(device: torch.device) -> int:
    """Return how many bytes of memory are free where ``device`` computes."""
    if device.type != "cuda":
        return psutil.virtual_memory().available
    kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return torch.cuda.mem_get_info(device)[0] + kept
