"""One block of the network over an image, tile by tile, with the derivative of the whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.autograd.graph import GradientEdge, get_gradient_edge

from verism.backbone.tap import crop
from verism.tiling.boxes import Box
from verism.tiling.plan import Stage, Tile
from verism.tiling.statistics import Statistics, leaves, with_leaves


class Piece(NamedTuple):
    """What a tile contributes to a feature map that is put together from all tiles.

    Attributes:
        features: ``(1, d, h, w)``.
        box: where they are, in positions of the layer.
        frame: of the whole that is put together, likewise.
    """

    features: Tensor
    box: Box
    frame: Box


Look = Callable[[Tensor, Tile], tuple[Mapping[str, Piece], Statistics]]
"""Takes a tile's window through a block; returns its pieces of the maps that are put together, by name, and its
statistics."""


def tiled_forward(x: Tensor, stage: Stage, look: Look) -> tuple[Mapping[str, Tensor], Statistics]:
    """Return the maps that the tiles' pieces make, by name, and the statistics of all tiles together.

    Args:
        x: ``(1, d, h, w)``, what comes in, of ``stage.frame``.
        stage: the block, and its tiles.
        look: takes each of the tiles' windows through it; names the same pieces for each.
    """
    if len(stage.tiles) == 1:
        (tile,) = stage.tiles
        pieces, statistics = look(x if tile.window == stage.frame else crop(x, tile.window.within(stage.frame)), tile)
        return {name: piece.features for name, piece in pieces.items()}, statistics
    names: list[str] = []
    template: list[Statistics] = []

    def see(window: Tensor, tile: Tile) -> tuple[Sequence[Piece], Sequence[Tensor]]:
        pieces, statistics = look(window, tile)
        tensors = leaves(statistics, window.device)
        names[:] = pieces
        # Not as they are: they hold on to all that they were made of.
        template[:] = [with_leaves(statistics, [tensor.detach() for tensor in tensors])]
        return list(pieces.values()), tensors

    results = _TiledForward.apply(x, stage, see)
    return dict(zip(names, results, strict=False)), with_leaves(template[0], results[len(names) :])


class _TiledForward(torch.autograd.Function):
    """Statistics add up over tiles, and so do the derivatives of what the loss makes of their totals.

    A block is all that lies between two scales of the image, so that a tile is seen with no more around it than its
    own few convolutions reach: 2 to 4 positions, and not the 128 pixels that all of the network reaches.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, stage: Stage, see: Callable[..., Any]) -> tuple[Tensor, ...]:
        ctx.stage, ctx.see, ctx.kept = stage, see, {}
        kind = x.device.type
        ctx.autocast = (kind, torch.get_autocast_dtype(kind), torch.is_autocast_enabled(kind))
        ctx.save_for_backward(x)
        totals: list[Tensor] = []
        maps: list[Tensor | None] = []
        for tile in stage.tiles:
            kept = ctx.needs_input_grad[0] and (stage.keep or tile is stage.tiles[-1])
            with torch.set_grad_enabled(kept):
                window = tile.of(x, stage).detach().requires_grad_(kept)
                pieces, statistics = see(window, tile)
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
    @once_differentiable
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
                    ends, places = _ends(*ctx.see(window, tile))
            of_pieces = [
                of_map[..., *box.within(frame)] for of_map, (box, frame) in zip(gradients, places, strict=False)
            ]
            pulls = (*of_pieces, *gradients[len(places) :])
            known = [pair for pair in zip(ends, pulls, strict=True) if pair[0] is not None]
            ends, pulls = zip(*known, strict=True)
            (gradient,) = torch.autograd.grad(ends, window, pulls)
            tile.of(result, stage).add_(gradient)
        return result, None, None


def _ends(
    pieces: Sequence[Piece], statistics: Sequence[Tensor]
) -> tuple[list[GradientEdge | None], list[tuple[Box, Box]]]:
    """Return where the way back begins, of what there is one from, and where the pieces are.

    Not what is there, which would live as long.
    """
    tensors = (*(piece.features for piece in pieces), *statistics)
    edges = [get_gradient_edge(end) if end.requires_grad else None for end in tensors]
    return edges, [(piece.box, piece.frame) for piece in pieces]
