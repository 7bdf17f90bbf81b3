"""Which way an image takes through the network: as fast as the memory allows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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

Tile = int | Literal["auto"] | None
"""The option ``--model.tile``: side of the tiles in pixels, a multiple of 16, in which the image passes all of the
network; None: it passes at once, or a process's share of it; auto: in tiles as far as the free memory asks for it, with
a line that says so, and on a CPU through the first block in any case."""


def check(backbone: Backbone, tile: Tile) -> None:
    """Refuse tiles that a network cannot be passed in.

    Raises:
        VerismError: ``tile`` is no multiple of 16, or the network cannot be passed in tiles, or not by its blocks.
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


def choose(backbone: Backbone, losses: Iterable[Loss], tile: Tile, content: Tensor) -> Passage:
    """Return the way that the images of a run take through the network.

    Args:
        backbone: the network.
        losses: that observe it.
        tile: as the user asked for.
        content: ``(1, 3, H, W)``, the content photo, of the images' size, where they will be.

    Raises:
        VerismError: as ``check`` says.
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
    """Return what a step is; with several processes, that of the largest share."""
    height, width = content.shape[-2:]
    mine = shares(height, width, ranks)[-1]
    kind = content.device.type
    features = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else content.dtype
    return Step(blocks, mine.height, mine.width, features.itemsize)


def _fitting(step: Step, device: torch.device) -> Tiling:
    """Return the fastest way in which a step takes no more than half of the free memory."""
    available = free(device)
    least = fastest(device).checkpointed_blocks
    tiling = step.fitting(available / 2, least)
    if tiling.checkpointed_blocks > least:
        rank_zero_info(
            f"At {step.width}×{step.height} pixels a step would take about {step.takes(Tiling()) / 1e9:.1f} GB at "
            f"once, of {available / 1e9:.1f} GB that are free: in {tiling.checkpointed_blocks} of the network's "
            f"{len(step.blocks)} blocks it goes tile by tile, which takes about {step.takes(tiling) / 1e9:.1f} GB, and "
            "more time, and changes nothing else."
        )
    return tiling


def _warn(step: Step, tiling: Tiling, device: torch.device) -> None:
    """Say beforehand that a step is likely to fail."""
    takes, available = step.takes(tiling), free(device)
    if takes > available:
        rank_zero_info(
            f"A step takes about {takes / 1e9:.1f} GB, of {available / 1e9:.1f} GB that are free; if that is not "
            f"enough: {step.remedy(tiling, available)}."
        )
