"""What the losses are told of an image: statistics of the whole, also if tiles and processes have to add them up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

import torch
from lightning.pytorch.utilities import rank_zero_info
from lightning_utilities.core.apply_func import apply_to_collection
from torch import Tensor, distributed
from torch.autograd.function import once_differentiable

from verism.backbone import VGG19, Features
from verism.errors import VerismError
from verism.footprint import Step, free
from verism.losses import Loss
from verism.tiles import Tile, cut, shares, whole
from verism.vgg19 import INPUT, POOLED, stride

Statistics = Mapping[str, Any]
"""Loss name to the statistics that it is a function of; tensors and counts, which add up over disjoint tiles."""

See = Callable[[Tensor, Tile], Sequence[Tensor]]
"""What returns the statistics' tensors of one tile, of its pixels and those around it."""


class Observer:
    """Shows an image to the network, and asks the losses for statistics of what it sees.

    Large images are shown tile by tile, and if there are several processes, each shows its own share; the statistics
    and their derivatives are those of the whole image all the same, because they are sums over positions, and a tile
    is shown with as much of its surroundings as reaches its features. Losses that look at nothing but the image's
    colours get the whole image.
    """

    def __init__(
        self, backbone: VGG19, losses: Mapping[str, Loss], tile: int | Literal["auto"] | None, content: Tensor
    ) -> None:
        """Choose who sees, who asks, and how much is seen at a time.

        Args:
            backbone: the network.
            losses: by name.
            tile: side of the tiles in pixels, about, a multiple of 16; None for the whole image, or a process's share;
                auto: one of these, by the free memory, with a line that says so.
            content: ``(1, 3, H, W)``, the content photo, of the images' size.

        Raises:
            VerismError: ``tile`` is no such number.
        """
        if isinstance(tile, int) and (tile < POOLED or tile % POOLED):
            raise VerismError(f"--model.tile {tile}: must be a multiple of {POOLED}, auto or null.")
        self.backbone = backbone
        self.near = {name: loss for name, loss in losses.items() if set(loss.layers) <= {INPUT}}
        self.deep = {name: loss for name, loss in losses.items() if name not in self.near}
        self.layers = {layer for loss in self.deep.values() for layer in loss.layers}
        self.halo = backbone.halo(self.layers)
        self.ranks = distributed.get_world_size() if distributed.is_initialized() else 1
        self.step = self._step(content)
        self.tile = self._fitting(content.device) if tile == "auto" else tile
        self._warn(content.device)

    def __call__(self, image: Tensor) -> Statistics:
        """Return the statistics of all of ``image`` ``(1, 3, H, W)``, RGB in [0, 1], for each of the losses."""
        colors = {INPUT: self.backbone.normalize(image)} if self.near else {}
        statistics: dict[str, Any] = {name: loss.statistics(colors) for name, loss in self.near.items()}
        if self.deep:
            statistics |= self._deep(image)
        return statistics

    def _deep(self, image: Tensor) -> Statistics:
        tiles = self._tiles(image.shape[-2], image.shape[-1])
        if self.ranks == 1 and len(tiles) == 1:
            return self._see(image, tiles[0])
        template: list[Statistics] = []

        def see(window: Tensor, tile: Tile) -> list[Tensor]:
            template[:] = [self._see(window, tile)]
            return _leaves(template[0], image.device)

        totals = iter(_Totals.apply(image, see, tiles, self.halo, self.ranks))
        # Counts become tensors, by which a loss divides as well.
        result: Statistics = apply_to_collection(template[0], (Tensor, int), lambda _: next(totals))
        return result

    def _tiles(self, height: int, width: int) -> list[Tile]:
        mine = shares(height, width, self.ranks)[distributed.get_rank() if self.ranks > 1 else 0]
        return [mine] if self.tile is None else cut(mine, self.tile)

    def _step(self, content: Tensor) -> Step:
        """Return what a step is; with several processes, that of the largest share."""
        height, width = content.shape[-2:]
        mine = shares(height, width, self.ranks)[-1]
        kind = content.device.type
        features = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else content.dtype
        return Step(self.layers, mine.bottom - mine.top, mine.right - mine.left, features.itemsize, self.halo)

    def _fitting(self, device: torch.device) -> int | None:
        """Return the side of the tiles with which a step takes half of the free memory, if it needs any."""
        available = free(device)
        tile = self.step.tile(available // 2) if self.layers else None
        if tile is not None:
            rank_zero_info(
                f"At {self.step.width}×{self.step.height} pixels a step would take about "
                f"{self.step.takes() / 1e9:.1f} GB at once, of {available / 1e9:.1f} GB that are free: it goes tile by "
                f"tile, as with --model.tile {tile}, which changes nothing else."
            )
        return tile

    def _warn(self, device: torch.device) -> None:
        """Say beforehand that a step is likely to fail."""
        takes, available = self.step.takes(self.tile), free(device)
        if takes > available:
            rank_zero_info(
                f"A step takes about {takes / 1e9:.1f} GB, of {available / 1e9:.1f} GB that are free; if that is not "
                f"enough: {self.remedy(available)}."
            )

    def remedy(self, available: int) -> str:
        """Return the option with which a step would take no more than so many bytes, or the least."""
        tile = self.step.tile(available)
        if tile is not None and self.step.takes(tile) < self.step.takes(self.tile):
            return f"--model.tile {tile}, with which it takes about {self.step.takes(tile) / 1e9:.1f} GB"
        if self.step.bytes_each > 2:  # noqa: PLR2004
            half = self.step._replace(bytes_each=2).takes(self.tile)
            return f"--trainer.precision bf16-mixed, with which it takes about {half / 1e9:.1f} GB"
        return "a smaller --data.size"

    def _see(self, window: Tensor, tile: Tile) -> Statistics:
        statistics: dict[str, dict[str, Any]] = {name: {} for name in self.deep}
        # At once, layer by layer: so autograd, which goes back the way we came, computes a layer's derivatives when it
        # gets there, and need not keep those of all layers from the start.
        for layer, features in self.backbone.walk(window, self.layers, tile.margins(self.halo)):
            here = tile.positions(layer, window.device)
            for name, loss in self.deep.items():
                if layer in loss.layers:
                    statistics[name][layer] = loss.statistic(layer, features, here)
        return statistics

    @torch.no_grad()
    def features(self, *photos: Tensor) -> list[Features]:
        """Return the whole feature maps of photos ``(1, 3, H, W)`` at all layers that the losses look at."""
        layers = {*self.layers, INPUT}
        if self.tile is None:
            return [self.backbone(photo, layers) for photo in photos]
        last: dict[tuple[int, str], Tensor] = {}
        return [_Assembled(self.backbone, photo, layers, self.tile, last) for photo in photos]


class _Assembled(Mapping[str, Tensor]):
    """The features of a photo that is seen tile by tile, a layer at a time, since all of them are many times the photo.

    What was asked for last is kept, of whichever of the photos that share ``last``.
    """

    def __init__(
        self, backbone: VGG19, photo: Tensor, layers: set[str], tile: int, last: dict[tuple[int, str], Tensor]
    ) -> None:
        self.backbone = backbone
        self.photo = photo
        self.layers = layers
        self.tile = tile
        self._last = last

    def __getitem__(self, layer: str) -> Tensor:
        key = (id(self.photo), layer)
        if key not in self._last:
            self._last.clear()
            self._last[key] = self.backbone.normalize(self.photo) if layer == INPUT else self._assemble(layer)
        return self._last[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.layers)

    def _assemble(self, layer: str) -> Tensor:
        height, width = self.photo.shape[-2:]
        step, halo = stride(layer), self.backbone.halo([layer])
        result = torch.empty(0)
        for tile in cut(whole(height, width), self.tile):
            margins = tile.margins(halo)
            features = self.backbone(tile.window(self.photo, margins), [layer], margins)[layer]
            if not len(result):
                shape = (*features.shape[:2], height // step, width // step)
                like = {"dtype": features.dtype, "device": features.device}
                result = torch.empty(shape, memory_format=torch.channels_last, **like)
            result[..., tile.top // step : tile.bottom // step, tile.left // step : tile.right // step] = features
        return result


class _Totals(torch.autograd.Function):
    """Statistics of an image, added up over tiles, and over processes that have other tiles.

    Of one tile at a time it keeps what the backward pass needs: of the last; the others are seen again there. So one
    tile, as of a process that shares an image with others, costs no second look, and many cost a third more time than
    the memory for all of them would save.

    The image's derivative adds up likewise: each tile's, by what the loss is known to make of the totals by then.
    """

    @staticmethod
    def forward(ctx: Any, image: Tensor, see: See, tiles: Sequence[Tile], halo: int, ranks: int) -> tuple[Tensor, ...]:
        *others, last = tiles
        sums = [see(tile.window(image, tile.margins(halo)), tile) for tile in others]
        with torch.enable_grad():
            ctx.window = last.window(image, last.margins(halo)).detach().requires_grad_()
            ctx.seen = see(ctx.window, last)
        totals = [torch.stack(parts).sum(dim=0) for parts in zip(*sums, ctx.seen, strict=True)]
        ctx.see, ctx.others, ctx.last, ctx.halo, ctx.ranks = see, others, last, halo, ranks
        kind = image.device.type
        ctx.autocast = (kind, torch.get_autocast_dtype(kind), torch.is_autocast_enabled(kind))
        ctx.save_for_backward(image)
        _add_up(totals, ranks)
        return tuple(total.detach() for total in totals)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None, None]:
        (image,) = ctx.saved_tensors
        result = torch.zeros_like(image)
        _pull(ctx.seen, gradients, ctx.window, ctx.last.window(result, ctx.last.margins(ctx.halo)))
        del ctx.seen, ctx.window
        device, dtype, enabled = ctx.autocast
        for tile in ctx.others:
            margins = tile.margins(ctx.halo)
            window = tile.window(image, margins).detach().requires_grad_()
            with torch.enable_grad(), torch.autocast(device, dtype, enabled=enabled):
                seen = ctx.see(window, tile)
            _pull(seen, gradients, window, tile.window(result, margins))
        _add_up([result], ctx.ranks)
        return result, None, None, None, None


def _leaves(statistics: Statistics, device: torch.device) -> list[Tensor]:
    """Return the tensors of the statistics, in order; counts as tensors too."""
    leaves: list[Tensor] = []

    def keep(leaf: Tensor | int) -> None:
        leaves.append(leaf if isinstance(leaf, Tensor) else torch.tensor(leaf, dtype=torch.float64, device=device))

    apply_to_collection(statistics, (Tensor, int), keep)
    return leaves


def _pull(seen: Sequence[Tensor], gradients: Sequence[Tensor], window: Tensor, result: Tensor) -> None:
    """Add to ``result`` the derivative with respect to ``window`` of what was seen, by the totals' derivatives."""
    pairs = [pair for pair in zip(seen, gradients, strict=True) if pair[0].requires_grad]
    leaves, pulls = zip(*pairs, strict=True)
    (gradient,) = torch.autograd.grad(leaves, window, pulls)
    result.add_(gradient)


def _add_up(tensors: Sequence[Tensor], ranks: int) -> None:
    """Replace the tensors by their sums over all processes, in one message for each type."""
    if ranks == 1:
        return
    for dtype in {tensor.dtype: None for tensor in tensors}:
        parts = [tensor for tensor in tensors if tensor.dtype == dtype]
        message = torch.cat([part.flatten() for part in parts])
        distributed.all_reduce(message)
        for part, total in zip(parts, message.split([part.numel() for part in parts]), strict=True):
            part.copy_(total.view_as(part))
