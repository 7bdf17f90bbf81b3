"""Passing through the network in parts: tile by tile, and with an image shared by processes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import Any

from torch import Tensor, distributed
from torch.nn import functional as F  # noqa: N812

from verism.backbone.normalization import InputNormalization
from verism.backbone.tap import crop, tap
from verism.tiling.boxes import shares, whole
from verism.tiling.distributed import of_all, own_part
from verism.tiling.passage import Observe, Observed, Passage
from verism.tiling.plan import Stage, Tile, stages
from verism.tiling.statistics import Statistics
from verism.tiling.tiled_forward import Piece, tiled_forward

OUTPUT = "output"
"""Name of a block's output, which is the input of the next block; no layer has this name."""


class InTiles(Passage):
    """Takes the image through the blocks tile by tile, as far as ``tiling`` says.

    Features and derivatives equal those of ``AtOnce``: statistics are sums over positions, and the input of a tile
    contains all of the surroundings on which its features depend.
    """

    @cached_property
    def normalize(self) -> InputNormalization:
        """The normalisation that the first block expects."""
        return InputNormalization()

    def __call__(self, image: Tensor, observe: Observe) -> Observed:
        """Take ``image`` ``(1, 3, H, W)``, RGB in [0, 1], through the network."""
        everything = whole(*image.shape[-2:])
        return self.through(image, stages(self.step.blocks, everything, everything, self.tiling), observe)

    def through(self, image: Tensor, stages_: Sequence[Stage], observe: Observe) -> Observed:
        """Take a part of an image through the network, block by block.

        Args:
            image: ``(1, 3, h, w)``, RGB in [0, 1], the frame of the first stage.
            stages_: the blocks, and the parts of the image that pass through them.
            observe: reduces the features of tiles to statistics.
        """
        x = self.normalize.to(image)(image)
        statistics: dict[str, Mapping[str, Any]] = {}
        maps: dict[str, Tensor] = {}
        for stage in stages_:
            joined, of_block = tiled_forward(x, stage, partial(self._tile, stage, observe))
            statistics |= of_block
            x = joined.get(OUTPUT, x)
            maps |= {layer: features for layer, features in joined.items() if layer != OUTPUT}
        return Observed(statistics, maps)

    def _tile(
        self, stage: Stage, observe: Observe, window: Tensor, tile: Tile
    ) -> tuple[Mapping[str, Piece], Statistics]:
        """Take a tile through a block; return its pieces of whole maps, by name, and its statistics."""
        pieces: dict[str, Piece] = {}
        statistics: dict[str, Mapping[str, Any]] = {}
        # Observed layer by layer, for the reason given in ``AtOnce``.
        for layer, features in self._features(stage, window, tile):
            if layer == OUTPUT:
                pieces[OUTPUT] = Piece(features, tile.output // 2, stage.output // 2)
                continue
            step = 2 if layer == stage.block.pool else 1
            own = tile.own // step
            if layer in self.map_layers:
                pieces[layer] = Piece(features, own, stage.share // step)
            statistics[layer] = observe(layer, features, own.positions(stage.whole // step, features.device))
        return pieces, statistics

    def _features(self, stage: Stage, window: Tensor, tile: Tile) -> Iterator[tuple[str, Tensor]]:
        """Take a tile through a block; yield each layer with the tile's own features there and, last, the output."""
        for layer, features in self.backbone.through(stage.block, window, self.layers, tile.inner):
            if layer != stage.block.pool:
                yield layer, features
                continue
            output = crop(features, (tile.output // 2).within(tile.window // 2))
            if layer in self.layers:
                output, own = tap(output, (tile.own // 2).within(tile.output // 2))
                yield layer, own
            yield OUTPUT, output


class Shared(InTiles):
    """Takes each process's own share of the image through the network, in tiles or as a whole.

    Afterwards, every process has the sum of the statistics and whole maps, with their derivatives.
    """

    def __call__(self, image: Tensor, observe: Observe) -> Observed:
        """Take ``image`` ``(1, 3, H, W)``, RGB in [0, 1], the same in every process, through the network."""
        height, width = image.shape[-2:]
        share = shares(height, width, distributed.get_world_size())[distributed.get_rank()]
        passed = stages(self.step.blocks, whole(height, width), share, self.tiling)
        mine = self.through(own_part(image, passed[0].frame), passed, observe)
        # Each process has zeros where the others have features, so that the sum over processes is the whole map.
        maps = {layer: _framed(features, layer, passed) for layer, features in mine.maps.items()}
        totals = of_all({"statistics": mine.statistics, "maps": maps}, image.device)
        return Observed(totals["statistics"], totals["maps"])

    def alone(self, image: Tensor, observe: Observe) -> Observed:
        """Take a whole image through the network in this process only."""
        return super().__call__(image, observe)


def _framed(features: Tensor, layer: str, passed: Sequence[Stage]) -> Tensor:
    """Return a process's share of a layer's map, padded with zeros to the map of the whole image."""
    stage = next(stage for stage in passed if layer in stage.block.layers)
    step = 2 if layer == stage.block.pool else 1
    share, frame = stage.share // step, stage.whole // step
    return F.pad(features, (share.left, frame.right - share.right, share.top, frame.bottom - share.bottom))
