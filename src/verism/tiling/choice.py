"""Chooses how an image passes through the network: as fast as the memory allows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

import torch
from lightning.pytorch.utilities import rank_zero_info
from torch import Tensor, distributed

from verism.backbone import Backbone
from verism.backbone.architecture import INPUT, POOLED, Block, down_to
from verism.errors import VerismError
from verism.losses import Loss
from verism.tiling.boxes import shares
from verism.tiling.in_tiles import InTiles, Shared
from verism.tiling.memory_estimate import Step, fastest, free
from verism.tiling.passage import AtOnce, Passage
from verism.tiling.plan import Tiling

TileOption = int | Literal["auto"] | None
"""The option ``--model.tile``: side, in pixels, a multiple of 16, of the tiles in which the image passes through the
whole network. None: the image, or a process's share of it, passes through as a whole. auto: it passes in tiles through
as many blocks as the free memory requires, with a message, and on a CPU through the first block in any case."""


def check(backbone: Backbone, tile: TileOption) -> None:
    """Check that an image can pass through the network in tiles as requested.

    Args:
        backbone: the network.
        tile: the option.

    Raises:
        VerismError: ``tile`` is not a multiple of 16; the network has no blocks, and tiles of a given size were
            requested; or its blocks have a stride that does not divide 16 pixels.
    """
    name = type(backbone).__name__
    if isinstance(tile, int) and (tile < POOLED or tile % POOLED):
        raise VerismError(f"--model.tile {tile}: must be a multiple of {POOLED}, auto or null.")
    if any(POOLED % block.stride for block in backbone.blocks):
        raise VerismError(
            f"{name}: only strides that divide {POOLED} pixels can be passed in parts; leave its blocks out, so that "
            "it is shown the whole image."
        )
    if isinstance(tile, int) and not backbone.blocks:
        raise VerismError(f"--model.tile {tile}: {name} can only process the whole image at once; choose auto or null.")


def choose(backbone: Backbone, losses: Collection[Loss], tile: TileOption, content: Tensor) -> Passage:
    """Return how the images of a run pass through the network.

    Args:
        backbone: the network.
        losses: the losses, which ask for features of some layers.
        tile: the option.
        content: ``(1, 3, H, W)``, the content photo; the images have the same size, device and type.

    Raises:
        VerismError: as ``check`` does; or the image is too small for the number of processes.
    """
    check(backbone, tile)
    layers = {layer for loss in losses for layer in loss.layers} - {INPUT}
    map_layers = {layer for loss in losses if not loss.additive for layer in loss.layers} - {INPUT}
    ranks = distributed.get_world_size() if distributed.is_initialized() else 1
    step = _step(down_to(backbone.blocks, layers) if backbone.blocks else (), content, ranks)
    parts = (backbone, layers, map_layers, step)
    if not backbone.blocks:
        if ranks > 1:
            name = type(backbone).__name__
            rank_zero_info(
                f"{name} can only process the whole image at once: each of the {ranks} processes does all the work."
            )
        return AtOnce(*parts)
    if tile == "auto":
        tiling = _fitting(step, content.device)
    else:
        tiling = Tiling() if tile is None else Tiling(len(step.blocks), tile)
    _warn(step, tiling, content.device)
    if ranks > 1:
        return Shared(*parts, tiling)
    return AtOnce(*parts) if tiling.side is None else InTiles(*parts, tiling)


def _step(blocks: Sequence[Block], content: Tensor, ranks: int) -> Step:
    """Return what determines the memory of a step; with several processes, for the one with the largest share."""
    height, width = content.shape[-2:]
    mine = shares(height, width, ranks)[-1]
    kind = content.device.type
    features = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else content.dtype
    return Step(blocks, mine.height, mine.width, features.itemsize)


def _fitting(step: Step, device: torch.device) -> Tiling:
    """Return the fastest tiling with which a step takes no more than half of the free memory."""
    available = free(device)
    least = fastest(device).checkpointed_blocks
    tiling = step.fitting(available / 2, least)
    if tiling.checkpointed_blocks > least:
        rank_zero_info(
            f"At {step.width}×{step.height} pixels, a step on the whole image would take about "
            f"{step.takes(Tiling()) / 1e9:.1f} GB, of {available / 1e9:.1f} GB that are free: in "
            f"{tiling.checkpointed_blocks} of the network's {len(step.blocks)} blocks it goes tile by tile, which "
            f"takes about {step.takes(tiling) / 1e9:.1f} GB and more time, and gives the same result."
        )
    return tiling


def _warn(step: Step, tiling: Tiling, device: torch.device) -> None:
    """Warn if a step is likely to need more memory than is free."""
    takes, available = step.takes(tiling), free(device)
    if takes > available:
        rank_zero_info(
            f"A step takes about {takes / 1e9:.1f} GB, of {available / 1e9:.1f} GB that are free; if that is not "
            f"enough: {step.remedy(tiling, available)}."
        )
