"""Computes one block of the network tile by tile, with the derivatives of the whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.graph import GradientEdge, get_gradient_edge

from verism.backbone.tap import crop
from verism.first_derivative import first_derivative
from verism.tiling.boxes import Box
from verism.tiling.plan import Stage, Tile
from verism.tiling.statistics import Statistics, leaves, with_leaves


class Piece(NamedTuple):
    """A tile's contribution to a feature map that is assembled from all tiles.

    Attributes:
        features: ``(1, d, h, w)``.
        box: the positions of these features.
        frame: the positions of the map.
    """

    features: Tensor
    box: Box
    frame: Box


PassTile = Callable[[Tensor, Tile], tuple[Mapping[str, Piece], Statistics]]
"""Takes a tile's window through a block; returns its pieces of whole maps, by name, and its statistics."""


def tiled_forward(x: Tensor, stage: Stage, pass_tile: PassTile) -> tuple[Mapping[str, Tensor], Statistics]:
    """Take an image, or a share of it, through a block, tile by tile.

    Args:
        x: ``(1, d, h, w)``, the input of the block, ``stage.frame``.
        stage: the block and its tiles.
        pass_tile: takes one tile through the block; it returns pieces with the same names for each tile.

    Returns:
        The maps assembled from the pieces, by name, and the sums of the statistics.
    """
    if len(stage.tiles) == 1:
        (tile,) = stage.tiles
        window = x if tile.window == stage.frame else crop(x, tile.window.within(stage.frame))
        pieces, statistics = pass_tile(window, tile)
        return {name: piece.features for name, piece in pieces.items()}, statistics
    names: list[str] = []
    template: list[Statistics] = []

    def flat(window: Tensor, tile: Tile) -> tuple[Sequence[Piece], Sequence[Tensor]]:
        # An autograd function takes and returns tensors, without names and structure.
        pieces, statistics = pass_tile(window, tile)
        tensors = leaves(statistics, window.device)
        names[:] = pieces
        # Detached, because they would keep the whole graph of the tile in memory.
        template[:] = [with_leaves(statistics, [tensor.detach() for tensor in tensors])]
        return list(pieces.values()), tensors

    results = _TiledForward.apply(x, stage, flat)
    return dict(zip(names, results, strict=False)), with_leaves(template[0], results[len(names) :])


class _TiledForward(torch.autograd.Function):
    """A block, tile by tile. Statistics add up over tiles, and so do the gradients of the block's input.

    Tiles are joined again after each block, so the input of a tile needs a margin of only 2 to 4 positions, the reach
    of the block's own convolutions, rather than the 128 pixels that the whole network reaches.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, stage: Stage, pass_tile: Callable[..., Any]) -> tuple[Tensor, ...]:
        ctx.stage, ctx.pass_tile, ctx.kept = stage, pass_tile, {}
        kind = x.device.type
        ctx.autocast = (kind, torch.get_autocast_dtype(kind), torch.is_autocast_enabled(kind))
        ctx.save_for_backward(x)
        totals: list[Tensor] = []
        maps: list[Tensor | None] = []
        for tile in stage.tiles:
            kept = ctx.needs_input_grad[0] and (stage.keep or tile is stage.tiles[-1])
            with torch.set_grad_enabled(kept):
                window = tile.of(x, stage).detach().requires_grad_(kept)
                pieces, statistics = pass_tile(window, tile)
            if kept:
                ctx.kept[tile] = (window, *_ends(pieces, statistics))
            maps = [
                piece.box.put(piece.features.detach(), piece.frame, into)
                for piece, into in zip(pieces, maps or [None] * len(pieces), strict=True)
            ]
            found = [statistic.detach() for statistic in statistics]
            totals = [total + more for total, more in zip(totals, found, strict=True)] if totals else found
        return *(whole for whole in maps if whole is not None), *totals

    @staticmethod
    @first_derivative
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (x,) = ctx.saved_tensors
        stage, (device, dtype, enabled) = ctx.stage, ctx.autocast
        result = torch.zeros_like(x)
        for tile in reversed(stage.tiles):
            if tile in ctx.kept:
                window, ends, places = ctx.kept.pop(tile)
            else:
                with torch.enable_grad(), torch.autocast(device, dtype, enabled=enabled):
                    window = tile.of(x, stage).detach().requires_grad_()
                    ends, places = _ends(*ctx.pass_tile(window, tile))
            of_pieces = [
                of_map[..., *box.within(frame)] for of_map, (box, frame) in zip(gradients, places, strict=False)
            ]
            of_ends = (*of_pieces, *gradients[len(places) :])
            differentiable = [pair for pair in zip(ends, of_ends, strict=True) if pair[0] is not None]
            ends, of_ends = zip(*differentiable, strict=True)
            (gradient,) = torch.autograd.grad(ends, window, of_ends)
            tile.of(result, stage).add_(gradient)
        return result, None, None


def _ends(
    pieces: Sequence[Piece], statistics: Sequence[Tensor]
) -> tuple[list[GradientEdge | None], list[tuple[Box, Box]]]:
    """Return where a tile's backward pass begins, and the positions of its pieces.

    Graph edges rather than tensors, because keeping the tensors would keep their memory.

    Returns:
        The edge of each piece and each statistic, None for those without a gradient; and the box and the frame of each
        piece.
    """
    tensors = (*(piece.features for piece in pieces), *statistics)
    edges = [get_gradient_edge(end) if end.requires_grad else None for end in tensors]
    return edges, [(piece.box, piece.frame) for piece in pieces]
