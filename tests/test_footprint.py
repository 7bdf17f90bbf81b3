"""The memory of a step, and the tiles that make it fit."""

from __future__ import annotations

import pytest
import torch

from verism.backbone import VGG19
from verism.footprint import SMALLEST, TILE, Step, free

LAYERS = frozenset({"conv1_1", "conv5_4"})
PAPER = frozenset({"conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1", "conv5_4"})


def step(height: int, width: int, bytes_each: int = 2, layers: frozenset[str] = LAYERS) -> Step:
    return Step(layers, height, width, bytes_each, VGG19.halo(layers))


def test_grows_with_pixels_depth_and_type() -> None:
    base = step(1000, 1000).takes()
    assert step(1000, 2000).takes() == pytest.approx(2 * base)
    assert 1.5 * base < step(1000, 1000, 4).takes() < 2 * base
    assert step(1000, 1000, layers=frozenset({"conv1_1"})).takes() < base


MEASURED = {
    (256, 455): (0.21, 0.28),
    (400, 710): (0.40, 0.63),
    (600, 1066): (0.97, 1.53),
    (900, 1599): (1.82, 3.50),
    (1200, 2132): (2.97, 6.79),
}
"""Gigabytes in bf16 and in float32 that ``fit --config leaky.yaml --model.tile null`` had at its peak more than when it
estimated them: two cores of an AMD EPYC (Zen 4), glibc 2.36, torch 2.15."""


@pytest.mark.parametrize(("height", "width"), MEASURED)
def test_is_what_was_measured(height: int, width: int) -> None:
    for bytes_each, gigabytes in zip((2, 4), MEASURED[height, width], strict=True):
        assert step(height, width, bytes_each, PAPER).takes() / 1e9 == pytest.approx(gigabytes, rel=0.25)


def test_tiles_bound_what_is_seen_and_not_the_images() -> None:
    small, large = step(2000, 2000), step(4000, 4000)
    assert large.takes(512) < large.takes() / 4
    assert large.takes(512) - small.takes(512) == pytest.approx(12e6 * 8 * 3 * 4)
    assert step(300, 300).takes(1024) == step(300, 300).takes()


def test_a_photo_that_fits_is_not_cut() -> None:
    whole = step(600, 1066)
    assert whole.tile(whole.takes()) is None


@pytest.mark.parametrize("most", [2 * 10**9, 3 * 10**9, 5 * 10**9])
def test_one_that_does_not_is_cut_as_small_as_it_takes(most: int) -> None:
    photo = step(2813, 5000)
    tile = photo.tile(most)
    assert tile is not None
    assert tile % 16 == 0
    assert photo.takes(tile) <= most
    assert tile == TILE or photo.takes(2 * tile) > most


def test_the_smallest_tiles_are_the_last_resort() -> None:
    assert step(2813, 5000).tile(1) == SMALLEST


def test_free_memory_is_that_of_the_machine() -> None:
    assert 10**8 < free(torch.device("cpu")) < 10**14
