"""What the losses are told of an image: statistics of the whole, also if tiles and processes have to add them up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Literal

import torch
from lightning.pytorch.utilities import rank_zero_info
from torch import Tensor, distributed
from torch.nn import functional as F  # noqa: N812

from verism.backbone import VGG19
from verism.backbone.architecture import INPUT, POOLED, down_to, stride
from verism.backbone.tap import crop, tap
from verism.errors import VerismError
from verism.losses import Loss
from verism.losses.loss import Role
from verism.losses.positions import EVERYWHERE, Positions
from verism.losses.term import full_precision
from verism.tiling.boxes import shares, whole
from verism.tiling.distributed import of_all, own_part
from verism.tiling.memory_estimate import Step, fastest, free
from verism.tiling.plan import Stage, Tile, Tiling, stages
from verism.tiling.statistics import Statistics
from verism.tiling.tiled_forward import Piece, tiled_forward

Ask = Callable[[Loss, str, Tensor, Positions], Any]
"""Has a loss say something of the features at a layer, at some positions: tensors and counts."""

OUTPUT = "output"
"""What the next block is given; no layer has this name."""


class FeaturePass:
    """Shows an image to the network, and asks the losses for statistics of what it sees.

    Large images pass each block of the network tile by tile, and if there are several processes, each sees its own
    share; the statistics and their derivatives are those of the whole image all the same, because they are sums over
    positions, and a tile is shown with as much of its surroundings as reaches its features. Losses that are not
    ``additive`` get each of their layers' feature maps as a whole, put together from tiles and processes; losses that
    look at nothing but the image's colours get the whole image.
    """

    def __init__(
        self, backbone: VGG19, losses: Mapping[str, Loss], tile: int | Literal["auto"] | None, content: Tensor
    ) -> None:
        """Choose who sees, who asks, and how much is seen at a time.

        Args:
            backbone: the network.
            losses: by name.
            tile: side of the tiles in pixels, about, a multiple of 16, in which the image passes all of the network;
                None: it passes at once, or a process's share of it; auto: in tiles as far as the free memory asks for
                it, with a line that says so, and on a CPU through the first block in any case.
            content: ``(1, 3, H, W)``, the content photo, of the images' size.

        Raises:
            VerismError: ``tile`` is no such number.
        """
        if isinstance(tile, int) and (tile < POOLED or tile % POOLED):
            raise VerismError(f"--model.tile {tile}: must be a multiple of {POOLED}, auto or null.")
        self.backbone = backbone
        self.pixel_losses = {name: loss for name, loss in losses.items() if set(loss.layers) <= {INPUT}}
        self.feature_losses = {name: loss for name, loss in losses.items() if name not in self.pixel_losses}
        self.layers = {layer for loss in self.feature_losses.values() for layer in loss.layers}
        self.additive_losses = {name: loss for name, loss in self.feature_losses.items() if loss.additive}
        self.map_losses = {name: loss for name, loss in self.feature_losses.items() if not loss.additive}
        self.map_layers = {layer for loss in self.map_losses.values() for layer in loss.layers}
        self.blocks = down_to(self.layers)
        self.ranks = distributed.get_world_size() if distributed.is_initialized() else 1
        self.step = self._step(content)
        if tile == "auto":
            self.tiling = self._fitting(content.device)
        else:
            self.tiling = Tiling() if tile is None else Tiling(len(self.blocks), tile)
        self._warn(content.device)

    def __call__(self, image: Tensor) -> Statistics:
        """Return the statistics of all of ``image`` ``(1, 3, H, W)``, RGB in [0, 1], for each of the losses."""
        colors = {INPUT: self.backbone.normalize(image)} if self.pixel_losses else {}
        statistics: Statistics = {name: loss.statistics(colors) for name, loss in self.pixel_losses.items()}
        return {**statistics, **self._of_features(image)} if self.feature_losses else statistics

    def _of_features(self, image: Tensor) -> Statistics:
        height, width = image.shape[-2:]
        share = shares(height, width, self.ranks)[distributed.get_rank() if self.ranks > 1 else 0]
        passed = stages(self.blocks, whole(height, width), share, self.tiling)
        if self.ranks == 1:
            return self._with_maps(*self._through(image, passed, _statistic), _statistic)
        additive, maps = self._through(own_part(image, passed[0].frame), passed, _statistic)
        # Each process has zeros where the others have features, so that the sum is the whole.
        parts = {layer: _framed(features, layer, passed) for layer, features in maps.items()}
        totals = of_all({"additive": additive, "maps": parts}, image.device)
        return self._with_maps(totals["additive"], totals["maps"], _statistic)

    def _with_maps(self, additive: Statistics, maps: Mapping[str, Tensor], ask: Ask) -> Statistics:
        """Return the statistics of all losses that look at features, in the order of these."""
        statistics = dict(additive)
        for name, loss in self.map_losses.items():
            # Someone else's loss need not know about mixed precision.
            with torch.autocast(next(iter(maps.values())).device.type, enabled=False):
                statistics[name] = {
                    layer: ask(loss, layer, full_precision(maps[layer]), EVERYWHERE) for layer in loss.layers
                }
        return {name: statistics[name] for name in self.feature_losses}

    def _through(self, image: Tensor, passed: Sequence[Stage], ask: Ask) -> tuple[Statistics, dict[str, Tensor]]:
        """Take an image through the network.

        Returns:
            What the additive losses say of it when they are asked, and the feature maps that the others need.
        """
        x = self.backbone.normalize(image)
        statistics: dict[str, dict[str, Any]] = {name: {} for name in self.additive_losses}
        maps: dict[str, Tensor] = {}
        for stage in passed:
            joined, found = tiled_forward(x, stage, partial(self._look, stage, ask))
            for name, of_layers in found.items():
                statistics[name] |= of_layers
            x = joined.get(OUTPUT, x)
            maps |= {layer: features for layer, features in joined.items() if layer != OUTPUT}
        return statistics, maps

    def _look(self, stage: Stage, ask: Ask, window: Tensor, tile: Tile) -> tuple[Mapping[str, Piece], Statistics]:
        """Take a tile through a block; return its pieces of maps, and what the losses say on the way."""
        pieces: dict[str, Piece] = {}
        statistics: dict[str, dict[str, Any]] = {name: {} for name in self.additive_losses}
        # At once, layer by layer: so autograd, which goes back the way we came, computes a layer's derivatives when it
        # gets there, and need not keep those of all layers from the start.
        for layer, features in self._pass(stage, window, tile):
            if layer is None:
                pieces[OUTPUT] = Piece(features, tile.output // 2, stage.output // 2)
                continue
            scale = stride(layer) // stage.block.stride
            here = (tile.own // scale).positions(stage.whole // scale, features.device)
            if layer in self.map_layers:
                pieces[layer] = Piece(features, tile.own // scale, stage.share // scale)
            for name, loss in self.additive_losses.items():
                if layer in loss.layers:
                    statistics[name][layer] = ask(loss, layer, features, here)
        return pieces, statistics

    def _pass(self, stage: Stage, window: Tensor, tile: Tile) -> Iterator[tuple[str | None, Tensor]]:
        """Take a tile through a block; yield layers and the tile's own features there, and what comes out, as None."""
        if stage.block.stride == 1 and INPUT in self.layers:
            window, features = tap(window, tile.inner)
            yield INPUT, features
        for layer, features in self.backbone.through(stage.block, window, self.layers, tile.inner):
            if layer != stage.block.pool:
                yield layer, features
                continue
            output = crop(features, (tile.output // 2).within(tile.window // 2))
            if layer in self.layers:
                output, own = tap(output, (tile.own // 2).within(tile.output // 2))
                yield layer, own
            yield None, output

    @torch.no_grad()
    def set_targets(self, content: Tensor, style: Tensor) -> None:
        """Give the losses their targets: photos ``(1, 3, H, W)``, RGB in [0, 1], of any size each."""
        for loss in self.pixel_losses.values():
            loss.set_targets(*({INPUT: self.backbone.normalize(photo)} for photo in (content, style)))
        of_content, of_style = self._target_statistics("content", content), self._target_statistics("style", style)
        for name, loss in self.feature_losses.items():
            for layer in loss.layers:
                loss.target(layer, of_content[name][layer], of_style[name][layer])

    def _target_statistics(self, role: Role, photo: Tensor) -> Statistics:
        image = whole(*photo.shape[-2:])
        ask = partial(_target_statistic, role)
        return self._with_maps(*self._through(photo, stages(self.blocks, image, image, self.tiling), ask), ask)

    def _step(self, content: Tensor) -> Step:
        """Return what a step is; with several processes, that of the largest share."""
        height, width = content.shape[-2:]
        mine = shares(height, width, self.ranks)[-1]
        kind = content.device.type
        features = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else content.dtype
        return Step(self.blocks, mine.height, mine.width, features.itemsize)

    def _fitting(self, device: torch.device) -> Tiling:
        """Return the fastest way in which a step takes no more than half of the free memory."""
        available = free(device)
        least = fastest(device).checkpointed_blocks
        tiling = self.step.fitting(available / 2, least)
        if tiling.checkpointed_blocks > least:
            rank_zero_info(
                f"At {self.step.width}×{self.step.height} pixels a step would take about "
                f"{self.step.takes(Tiling()) / 1e9:.1f} GB at once, of {available / 1e9:.1f} GB that are free: in "
                f"{tiling.checkpointed_blocks} of the network's {len(self.blocks)} blocks it goes tile by tile, which "
                f"takes about {self.step.takes(tiling) / 1e9:.1f} GB, and more time, and changes nothing else."
            )
        return tiling

    def _warn(self, device: torch.device) -> None:
        """Say beforehand that a step is likely to fail."""
        takes, available = self.step.takes(self.tiling), free(device)
        if takes > available:
            rank_zero_info(
                f"A step takes about {takes / 1e9:.1f} GB, of {available / 1e9:.1f} GB that are free; if that is not "
                f"enough: {self.remedy(available)}."
            )

    def remedy(self, available: int) -> str:
        """Return the option with which a step would take no more than so many bytes, or the least."""
        takes = self.step.takes(self.tiling)
        leanest = self.step.leanest
        least = self.step.takes(leanest)
        if takes > available and least < takes:
            return f"--model.tile {leanest.side}, with which it takes about {least / 1e9:.1f} GB"
        if self.step.bytes_each > 2:  # noqa: PLR2004
            half = self.step._replace(bytes_each=2).takes(self.tiling)
            return f"--trainer.precision bf16-mixed, with which it takes about {half / 1e9:.1f} GB"
        return "a smaller --data.size"


def _framed(features: Tensor, layer: str, passed: Sequence[Stage]) -> Tensor:
    """Return a process's share of a layer's map in a map of the whole image that is 0 elsewhere."""
    stage = next(stage for stage in passed if layer in (INPUT, *stage.block.layers))
    scale = stride(layer) // stage.block.stride
    share, frame = stage.share // scale, stage.whole // scale
    return F.pad(features, (share.left, frame.right - share.right, share.top, frame.bottom - share.bottom))


def _statistic(loss: Loss, layer: str, features: Tensor, here: Positions) -> Any:
    return loss.statistic(layer, features, here)


def _target_statistic(role: Role, loss: Loss, layer: str, features: Tensor, here: Positions) -> Any:
    return loss.target_statistic(layer, role, features, here)
