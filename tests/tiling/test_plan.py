"""The plan of a pass: nothing twice, nothing left out, and everything in its place."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from verism.backbone.architecture import BLOCKS, down_to
from verism.tiling.boxes import Box, shares, whole
from verism.tiling.plan import Stage, Tiling, stages

SIZES = [(97, 131), (33, 16), (64, 64), (250, 1066)]


def passed(height: int, width: int, tiling: Tiling, share: Box | None = None) -> list[Stage]:
    image = whole(height, width)
    return stages(BLOCKS, image, share or image, tiling)


def count(boxes: list[Box], frame: Box) -> torch.Tensor:
    """Return how many of the boxes have each position of a map of ``frame``."""
    times = torch.zeros(frame.height, frame.width, dtype=torch.long)
    for box in boxes:
        times[box.within(frame)] += 1
    return times


@pytest.mark.parametrize(("height", "width"), SIZES)
@pytest.mark.parametrize("side", [16, 48, 256])
def test_tiles_have_every_position_once_before_and_behind_the_pooling(height: int, width: int, side: int) -> None:
    for stage in passed(height, width, Tiling(5, side)):
        assert (count([tile.own for tile in stage.tiles], stage.whole) == 1).all()
        assert (count([tile.output for tile in stage.tiles], stage.output) == 1).all()
        if stage.block.pool:
            pooled = [tile.output // 2 for tile in stage.tiles]
            assert (count(pooled, stage.output // 2) == 1).all()


@pytest.mark.parametrize(("height", "width"), [(97, 131), (49, 16), (250, 1066)])
def test_shares_have_every_position_once_and_see_what_lies_around(height: int, width: int) -> None:
    tiling = Tiling(5, 32)
    ranks = [passed(height, width, tiling, share) for share in shares(height, width, 3)]
    for of_ranks in zip(*ranks, strict=True):
        own = [tile.own for stage in of_ranks for tile in stage.tiles]
        assert (count(own, of_ranks[0].whole) == 1).all()
        for stage in of_ranks:
            assert (count([tile.output for tile in stage.tiles], stage.output) == 1).all()
    for stages_ in ranks:
        for stage, behind in pairwise(stages_):
            assert stage.output // 2 == behind.frame


def test_a_window_has_what_the_convolutions_reach_and_ends_with_the_image() -> None:
    (first, *_) = passed(96, 160, Tiling(5, 48))
    tile = next(tile for tile in first.tiles if (tile.own.top, tile.own.left) == (48, 80))
    assert tile.own == Box(48, 80, 96, 120)
    assert tile.window == Box(46, 78, 96, 122)
    image = torch.arange(96 * 160).view(1, 1, 96, 160)
    assert torch.equal(tile.of(image, first)[..., *tile.inner], image[..., 48:96, 80:120])


def test_a_tiling_says_which_blocks_are_in_tiles_and_which_of_these_are_kept() -> None:
    assert Tiling().sides(BLOCKS) == [None] * 5
    assert Tiling(1, 256).sides(BLOCKS) == [256, 180, None, None, None]
    assert Tiling(5, 256).sides(BLOCKS) == [256, 180, 90, 64, 64]
    assert [stage.keep for stage in passed(600, 1066, Tiling(2, 256))] == [False, False, True, True, True]
    assert all(len(stage.tiles) == 1 and stage.keep for stage in passed(600, 1066, Tiling()))


def test_what_is_cut_short_is_cut_to_the_position() -> None:
    image = whole(33, 50)
    (first, second) = stages(down_to(BLOCKS, ["conv2_1"]), image, image, Tiling(5, 16))
    assert (count([tile.own for tile in second.tiles], whole(16, 25)) == 1).all()
    assert first.output // 2 == second.frame
