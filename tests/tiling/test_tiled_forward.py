"""A block piece by piece, with any function of windows in its place."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from verism.backbone.architecture import BLOCKS
from verism.tiling.boxes import shares, whole
from verism.tiling.plan import Stage, Tile, Tiling, stages
from verism.tiling.statistics import Statistics
from verism.tiling.tiled_forward import Piece, tiled_forward


class Look:
    """Sums of squares, and of each 2×2 square; counts how often it is asked."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.times = 0

    def __call__(self, window: Tensor, tile: Tile) -> tuple[dict[str, Piece], Statistics]:
        self.times += 1
        own = window[..., *tile.inner]
        statistics: dict[str, dict[str, Any]] = {"loss": {"layer": {"sum": own.square().sum(), "count": own.numel()}}}
        pooled = torch.nn.functional.avg_pool2d(window[..., *tile.output.within(tile.window)], 2)
        pieces = {
            "output": Piece(pooled, tile.output // 2, self.stage.output // 2),
            "map": Piece(own.exp(), tile.own, self.stage.share),
        }
        return pieces, statistics


def stage_of(height: int, width: int, tiling: Tiling) -> Stage:
    image = whole(height, width)
    return stages(BLOCKS[:1], image, image, tiling)[0]


@pytest.fixture
def x() -> Tensor:
    return torch.rand(1, 3, 41, 50, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("checkpointed", [0, 1])
def test_is_the_whole_and_its_derivative(x: Tensor, checkpointed: int) -> None:
    found = []
    for tiling in (Tiling(checkpointed, 16), Tiling()):
        stage = stage_of(41, 50, tiling)
        maps, statistics = tiled_forward(x, stage, Look(stage))
        output, whole_map = maps["output"], maps["map"]
        torch.testing.assert_close(whole_map, x.exp())
        layer = statistics["loss"]["layer"]
        (gradient,) = torch.autograd.grad(output.pow(3).sum() + layer["sum"].sin() + whole_map.sum().cos(), x)
        found.append((output, layer["sum"] / layer["count"], gradient))
    torch.testing.assert_close(*found)


@pytest.mark.parametrize("tiling", [Tiling(), Tiling(1, 16)])
def test_shares_of_processes_add_up_to_the_whole_and_its_derivative(tiling: Tiling) -> None:
    """Of the second block, where more comes in than its own convolutions reach."""
    x = torch.rand(1, 3, 16, 200, dtype=torch.float64, requires_grad=True)
    image = whole(32, 400)
    total = torch.zeros((), dtype=torch.float64)
    for share in shares(32, 400, 3):
        stage = stages(BLOCKS, image, share, tiling)[1]
        _, statistics = tiled_forward(x[..., *stage.frame.within(stage.whole)], stage, Look(stage))
        total = total + statistics["loss"]["layer"]["sum"]
    torch.testing.assert_close(total, x.square().sum())
    (gradient,) = torch.autograd.grad(total, x)
    torch.testing.assert_close(gradient, 2 * x)


@pytest.mark.parametrize(("checkpointed", "times"), [(0, 12), (1, 12 + 11)])
def test_is_looked_at_again_unless_it_is_kept(x: Tensor, checkpointed: int, times: int) -> None:
    stage = stage_of(41, 50, Tiling(checkpointed, 16))
    assert len(stage.tiles) == 12
    look = Look(stage)
    maps, _ = tiled_forward(x, stage, look)
    assert look.times == 12
    maps["output"].sum().backward()
    assert look.times == times


def test_without_a_derivative_it_is_looked_at_once(x: Tensor) -> None:
    stage = stage_of(41, 50, Tiling(1, 16))
    look = Look(stage)
    with torch.no_grad():
        maps, statistics = tiled_forward(x, stage, look)
    assert not maps["output"].requires_grad
    assert not statistics["loss"]["layer"]["sum"].requires_grad
    assert look.times == 12


def test_the_second_look_is_in_the_type_of_the_first(x: Tensor) -> None:
    stage = stage_of(41, 50, Tiling(1, 16))
    seen = []

    def look(window: Tensor, tile: Tile) -> tuple[dict[str, Piece], Statistics]:
        seen.append(torch.is_autocast_enabled("cpu"))
        return Look(stage)(window, tile)

    with torch.autocast("cpu", torch.bfloat16):
        maps, _ = tiled_forward(x, stage, look)
    maps["output"].sum().backward()
    assert seen == [True] * (12 + 11)
