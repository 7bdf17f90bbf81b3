"""The memory of a step, and the tiles that make it fit."""

from __future__ import annotations

import pytest
import torch

from verism.backbone import VGG19
from verism.footprint import TILE, free, of_step, tile_for

LAYERS = {"conv1_1", "conv5_4"}
HALO = VGG19.halo(LAYERS)


def test_grows_with_pixels_depth_and_type() -> None:
    base = of_step(LAYERS, 10**6, 2)
    assert of_step(LAYERS, 2 * 10**6, 2) == pytest.approx(2 * base)
    assert 1.8 * base < of_step(LAYERS, 10**6, 4) < 2 * base
    assert of_step({"conv1_1"}, 10**6, 2) < base


@pytest.mark.parametrize(
    ("pixels", "bytes_each", "gigabytes"),
    [(600 * 1066, 2, 0.85), (600 * 1066, 4, 1.75), (1200 * 2133, 2, 3.95), (1200 * 2133, 4, 8.05)],
)
def test_is_what_was_measured(pixels: int, bytes_each: int, gigabytes: float) -> None:
    """docs/performance.md, less what the process held before it had photos."""
    paper = {"conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1", "conv5_4"}
    assert of_step(paper, pixels, bytes_each) / 1e9 == pytest.approx(gigabytes, rel=0.25)


def test_a_photo_that_fits_is_not_cut() -> None:
    needed = of_step(LAYERS, 600 * 1066, 2)
    assert tile_for(LAYERS, 600, 1066, 2, HALO, 2 * needed) is None


def test_one_that_does_not_is_cut_with_a_line_that_says_so(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        assert tile_for(LAYERS, 2813, 5000, 2, HALO, 10 * 10**9) == TILE
    assert "5000×2813 pixels" in caplog.text
    assert f"--model.tile {TILE}" in caplog.text


@pytest.mark.parametrize("available", [10**9, 2 * 10**9, 5 * 10**9])
def test_tiles_are_small_enough_for_half_of_the_memory(available: int) -> None:
    tile = tile_for(LAYERS, 2813, 5000, 2, HALO, available)
    assert tile is not None
    assert tile % 16 == 0
    assert of_step(LAYERS, (tile + 2 * HALO) ** 2, 2) <= available / 2


def test_free_memory_is_that_of_the_machine() -> None:
    assert 10**8 < free(torch.device("cpu")) < 10**14
