"""One block of the network over an image, tile by tile, with the derivative of the whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.autograd.graph import GradientEdge, get_gradient_edge

from verism.backbone.tap import crop
from verism.tiling.plan import Stage, Tile
from verism.tiling.statistics import Statistics, leaves, with_leaves

Look = Callable[[Tensor, Tile], tuple[Tensor | None, Statistics]]
"""Takes a tile's window through a block; returns what comes out for the tile, if anything does, and its statistics."""


def tiled_forward(x: Tensor, stage: Stage, look: Look) -> tuple[Tensor | None, Statistics]:
    """Return what comes out of a block for all of ``x``, and the statistics of all tiles together.

    Args:
        x: ``(1, d, h, w)``, what comes in, of ``stage.frame``.
        stage: the block, and its tiles.
        look: takes each of the tiles' windows through it.
    """
    if len(stage.tiles) == 1:
        (tile,) = stage.tiles
        return look(x if tile.window == stage.frame else crop(x, tile.window.within(stage.frame)), tile)
    template: list[Statistics] = []

    def see(window: Tensor, tile: Tile) -> tuple[Tensor | None, Sequence[Tensor]]:
        output, statistics = look(window, tile)
        tensors = leaves(statistics, window.device)
        # Not as they are: they hold on to all that they were made of.
        template[:] = [with_leaves(statistics, [tensor.detach() for tensor in tensors])]
        return output, tensors

    output, *totals = _TiledForward.apply(x, stage, see)
    return output, with_leaves(template[0], totals)


class _TiledForward(torch.autograd.Function):
    """Statistics add up over tiles, and so do the derivatives of what the loss makes of their totals.

    A block is all that lies between two scales of the image, so that a tile is seen with no more around it than its
    own few convolutions reach: 2 to 4 positions, and not the 128 pixels that all of the network reaches.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, stage: Stage, see: Callable[..., Any]) -> tuple[Tensor | None, ...]:
        ctx.stage, ctx.see, ctx.kept = stage, see, {}
        kind = x.device.type
        ctx.autocast = (kind, torch.get_autocast_dtype(kind), torch.is_autocast_enabled(kind))
        ctx.save_for_backward(x)
        totals: list[Tensor] = []
        output = None
        for tile in stage.tiles:
            kept = ctx.needs_input_grad[0] and (stage.keep or tile is stage.tiles[-1])
            with torch.set_grad_enabled(kept):
                window = tile.of(x, stage).detach().requires_grad_(kept)
                part, statistics = see(window, tile)
            if kept:
                ctx.kept[tile] = (window, _ends(part, statistics))
            if part is not None:
                output = (tile.output // 2).put(part.detach(), stage.output // 2, output)
            found = [statistic.detach() for statistic in statistics]
            totals = [total + more for total, more in zip(totals, found, strict=True)] if totals else found
        return output, *totals

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, of_output: Tensor | None, *of_totals: Tensor) -> tuple[Tensor, None, None]:
        (x,) = ctx.saved_tensors
        stage, (device, dtype, enabled) = ctx.stage, ctx.autocast
        result = torch.zeros_like(x)
        for tile in reversed(stage.tiles):
            if tile in ctx.kept:
                window, ends = ctx.kept.pop(tile)
            else:
                with torch.enable_grad(), torch.autocast(device, dtype, enabled=enabled):
                    window = tile.of(x, stage).detach().requires_grad_()
                    ends = _ends(*ctx.see(window, tile))
            of_part = None if of_output is None else of_output[..., *(tile.output // 2).within(stage.output // 2)]
            known = [pair for pair in zip(ends, (of_part, *of_totals), strict=True) if pair[0] is not None]
            ends, pulls = zip(*known, strict=True)
            (gradient,) = torch.autograd.grad(ends, window, pulls)
            tile.of(result, stage).add_(gradient)
        return result, None, None


def _ends(part: Tensor | None, statistics: Sequence[Tensor]) -> list[GradientEdge | None]:
    """Return where the way back begins, of what there is one from; not what is there, which would live as long."""
    return [get_gradient_edge(end) if end is not None and end.requires_grad else None for end in (part, *statistics)]
