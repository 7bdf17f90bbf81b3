"""How much memory a step takes, known before it is taken, and the size of the tiles that make it fit."""

from __future__ import annotations

from collections.abc import Iterable

import psutil
import torch
from lightning.pytorch.utilities import rank_zero_info

from verism.vgg19 import CONVOLUTIONS, POOLED, reach, stride

PASSING = 6
"""Maps as large as the first convolution's that there is room for besides those that are kept for the backward pass: a
few that pass, and what the C library leaves between blocks. Measured on a CPU, at 600×1066 and 1200×2133."""

IMAGES = 8
"""Images in float32 that there are: the photos, the parameter, its derivative, the optimiser's state."""

TILE = 1024
"""Side of the tiles of an image that needs them, in pixels: with smaller ones, more would be margins."""

SMALLEST = 128
"""Side of the smallest tiles that are worth their margins."""


def of_step(layers: Iterable[str], pixels: int, bytes_each: int) -> int:
    """Return about how many bytes a step takes.

    Args:
        layers: at which it is asked for features.
        pixels: of the image.
        bytes_each: of a feature: 2 in bf16-mixed and 16-mixed, 4 in 32-true.
    """
    passed = reach(layers)
    kept = sum(layer.outputs / stride(layer.name) ** 2 for layer in CONVOLUTIONS if layer.name in passed)
    features = bytes_each * (kept + PASSING * CONVOLUTIONS[0].outputs)
    return int(pixels * (features + IMAGES * 3 * 4))


def free(device: torch.device) -> int:
    """Return how many bytes of memory are free where ``device`` computes."""
    return torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else psutil.virtual_memory().available


def tile_for(layers: Iterable[str], height: int, width: int, bytes_each: int, halo: int, available: int) -> int | None:
    """Return the side of the tiles with which a step takes at most half of the memory, or None for the whole image.

    Args:
        layers: at which the network is asked for features.
        height: of the image, in pixels.
        width: of the image, in pixels.
        bytes_each: of a feature.
        halo: width of the margins around a tile, in pixels.
        available: bytes of free memory.
    """
    layers = set(layers)
    whole = of_step(layers, height * width, bytes_each)
    if whole <= available / 2:
        return None
    tile = TILE
    while tile > SMALLEST and of_step(layers, (tile + 2 * halo) ** 2, bytes_each) > available / 2:
        tile = tile // 2 // POOLED * POOLED
    rank_zero_info(
        f"At {width}×{height} pixels a step would take about {whole / 1e9:.1f} GB at once, of {available / 1e9:.1f} GB "
        f"that are free: it goes tile by tile, as with --model.tile {tile}, which changes nothing else."
    )
    return tile
