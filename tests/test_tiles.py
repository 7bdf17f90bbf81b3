"""Tiles: nothing twice, nothing left out, and everything in its place."""

from __future__ import annotations

import pytest
import torch

from verism.tiles import EVERYWHERE, Margins, Positions, cut, shares, whole
from verism.vgg19 import POOLED, stride

LAYERS = ["input", "conv1_1", "relu2_2", "conv3_1", "conv4_1", "conv5_4"]


@pytest.mark.parametrize(("height", "width", "size"), [(97, 131, 32), (600, 1066, 256), (33, 16, 16), (64, 64, 64)])
def test_tiles_have_every_position_of_every_layer_once(height: int, width: int, size: int) -> None:
    tiles = cut(whole(height, width), size)
    assert all(edge % POOLED == 0 for tile in tiles for edge in (tile.top, tile.left))
    for layer in LAYERS:
        parts = [tile.positions(layer, torch.device("cpu")) for tile in tiles]
        expected = torch.arange((height // stride(layer)) * (width // stride(layer)))
        if len(tiles) == 1:
            assert parts[0].at is None
            continue
        found = torch.cat([part.at for part in parts if part.at is not None])
        assert torch.equal(found.sort().values, expected)
        assert {part.total for part in parts} == {len(expected)}


@pytest.mark.parametrize(("height", "width"), [(97, 131), (131, 97), (600, 1066)])
def test_shares_are_bands_across_the_longer_side(height: int, width: int) -> None:
    parts = shares(height, width, 3)
    pixels = [(part.bottom - part.top) * (part.right - part.left) for part in parts]
    assert sum(pixels) == height * width
    assert max(pixels) - min(pixels) <= 2 * POOLED * min(height, width)
    assert all((part.right - part.left == width) is (height > width) for part in parts)


def test_margins_end_with_the_image() -> None:
    image = torch.arange(96 * 160).view(1, 1, 96, 160)
    tile = next(tile for tile in cut(whole(96, 160), 48) if (tile.top, tile.left) == (48, 80))
    margins = tile.margins(64)
    assert margins == Margins(48, 64, 0, 48)
    window = tile.window(image, margins)
    assert torch.equal(margins.crop(window), image[..., tile.top : tile.bottom, tile.left : tile.right])
    assert whole(96, 160).margins(64) == Margins()


def test_positions_find_take_and_put_back() -> None:
    here = Positions(torch.tensor([2, 3, 7]), 9)
    full = torch.arange(9.0).expand(2, 9)
    assert torch.equal(here.of(full), full[:, [2, 3, 7]])
    assert torch.equal(here.put(here.of(full)), full * torch.tensor([0, 0, 1, 1, 0, 0, 0, 1, 0]))
    which, where = here.among(torch.tensor([7, 0, 3, 8]))
    assert which.at is not None
    assert (which.at.tolist(), which.total, where.tolist()) == ([0, 2], 4, [2, 1])


def test_no_positions_at_all() -> None:
    nowhere = Positions(torch.empty(0, dtype=torch.long), 5)
    which, where = nowhere.among(torch.tensor([1, 2]))
    assert which.at is not None
    assert (len(which.at), len(where)) == (0, 0)
    assert torch.equal(nowhere.put(torch.empty(2, 0)), torch.zeros(2, 5))


def test_everywhere_leaves_things_as_they_are() -> None:
    values, wanted = torch.rand(2, 5), torch.tensor([4, 1])
    assert EVERYWHERE.put(values) is values
    assert EVERYWHERE.of(values) is values
    which, where = EVERYWHERE.among(wanted)
    assert which.at is None
    assert torch.equal(where, wanted)
