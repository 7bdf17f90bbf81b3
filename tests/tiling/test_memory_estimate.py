"""The memory of a step, and the tiles that make it fit."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

import pytest
import torch

from verism.backbone.architecture import BLOCKS, down_to
from verism.tiling.memory_estimate import LARGE, SMALL, Step, free
from verism.tiling.plan import Tiling

PAPER = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1", "conv5_4")


def step(height: int, width: int, bytes_each: int = 2, layers: Sequence[str] = PAPER) -> Step:
    return Step(down_to(BLOCKS, layers), height, width, bytes_each)


def test_grows_with_pixels_depth_and_type() -> None:
    base = step(1000, 1000).takes(Tiling())
    assert 1.8 * base < step(1000, 2000).takes(Tiling()) < 2 * base
    assert 1.5 * base < step(1000, 1000, 4).takes(Tiling()) < 2 * base
    assert step(1000, 1000, layers=("conv1_1",)).takes(Tiling()) < base


MEASURED = {
    (256, 4, Tiling()): 0.42,
    (256, 4, Tiling(1, SMALL)): 0.39,
    (256, 4, Tiling(5, SMALL)): 0.35,
    (600, 2, Tiling()): 1.06,
    (600, 2, Tiling(1, SMALL)): 0.58,
    (600, 4, Tiling()): 1.83,
    (600, 4, Tiling(1, SMALL)): 1.09,
    (600, 4, Tiling(5, LARGE)): 0.83,
    (600, 4, Tiling(5, SMALL)): 0.62,
    (900, 4, Tiling()): 4.34,
    (900, 4, Tiling(1, SMALL)): 1.96,
}
"""Short side of a photo of 16:9, bytes of a feature, tiling: the gigabytes that a few steps of the paper's loss had at
their peak more than when they were estimated. Two cores of an Intel Xeon (Emerald Rapids), glibc 2.36, torch 2.14."""


@pytest.mark.parametrize(("short", "bytes_each", "tiling"), MEASURED)
def test_is_what_was_measured(short: int, bytes_each: int, tiling: Tiling) -> None:
    estimate = step(short, short * 16 // 9, bytes_each).takes(tiling) / 1e9
    assert estimate == pytest.approx(MEASURED[short, bytes_each, tiling], rel=0.25)


def test_the_more_is_in_tiles_the_less_it_takes() -> None:
    takes = [step(2813, 5000).takes(tiling) for tiling in (Tiling(), *(Tiling(n, SMALL) for n in range(1, 6)))]
    assert takes == sorted(takes, reverse=True)
    assert takes[-1] < 0.2 * takes[0]


def test_of_an_image_within_one_tile_there_is_nothing_to_save() -> None:
    small = step(200, 256)
    assert small.takes(Tiling(5, SMALL)) >= small.takes(Tiling())


def test_the_fastest_way_that_fits_is_taken() -> None:
    photo = step(2813, 5000)
    assert photo.fitting(photo.takes(Tiling())) == Tiling()
    assert photo.fitting(photo.takes(Tiling()), least=1) == Tiling(1, SMALL)
    for tiling in (Tiling(1, SMALL), *(Tiling(blocks, LARGE) for blocks in range(2, 6))):
        assert photo.fitting(photo.takes(tiling)) == tiling


def test_all_of_the_network_in_tiles_is_the_last_resort() -> None:
    assert step(2813, 5000).fitting(1) == Tiling(5, SMALL)


def test_without_a_network_there_is_nothing_to_cut() -> None:
    assert step(600, 1066, layers=()).fitting(10**9, least=1) == Tiling()


def test_free_memory_of_a_cpu_is_what_the_system_has_available(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(total=8 * 10**9, available=3 * 10**9))
    assert free(torch.device("cpu")) == 3 * 10**9


def test_free_memory_of_a_gpu_includes_what_torch_holds_in_reserve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (5 * 10**9, 80 * 10**9))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda device: 4 * 10**9)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: 3 * 10**9)
    assert free(torch.device("cuda")) == 6 * 10**9
