"""Which places two photos have in common, by the embedded network."""

from __future__ import annotations

import pytest
import torch
from conftest import synthetic_photo

from verism.color.level import relit
from verism.color.spaces import to_light
from verism.series.neighbours import (
    CELL,
    Match,
    cell_light,
    difference,
    features,
    match,
    region_light,
    region_places,
    small,
    still,
)


def test_shots_of_one_scene_match_where_they_show_the_same(shots: dict[str, torch.Tensor]) -> None:
    """Moved by a quarter of the width, and in another light."""
    first, second = small(shots["lake"]), small(shots["lake, warmer"])
    found = match(features(first), features(second))
    assert found is not None
    width, moved = first.shape[-1] // CELL, 0.2 / 0.75 * first.shape[-1] / CELL
    across = found.first % width - found.second % width
    assert float((across - moved).abs().double().mean()) < 1
    assert float((found.first // width - found.second // width).abs().double().mean()) < 1
    # The regions are where the two overlap, and none is empty.
    assert bool((found.first % width >= moved - 3).all())
    assert bool((found.regions.bincount() >= 3).all())


@pytest.mark.slow
def test_shots_of_two_scenes_do_not(shots: dict[str, torch.Tensor]) -> None:
    assert match(features(small(shots["lake"])), features(small(shots["beacon"]))) is None
    assert match(features(small(shots["lake"])), features(small(synthetic_photo(96, 128, seed=1)))) is None


@pytest.mark.slow
def test_photos_of_any_shape_are_compared_in_whole_cells(shots: dict[str, torch.Tensor]) -> None:
    for shape in ((33, 70), (301, 32)):
        photo = small(synthetic_photo(*shape, seed=3))
        assert min(photo.shape[-2:]) == 128
        height, width = (side // CELL for side in photo.shape[-2:])
        assert features(photo).shape[-2:] == (height, width)


def test_what_has_moved_is_no_match(shots: dict[str, torch.Tensor]) -> None:
    """A dark thing that covers a part of one of two equal photos, and an exposure that does not count as a change."""
    photo = small(shots["lake"])
    own = features(photo)
    found = match(own, own)
    assert found is not None
    first = cell_light(photo, found.first)
    same = still(found, first, relit(first, torch.tensor([0.4, 0.3, 0.2])))
    assert same is not None
    assert torch.equal(same.first, found.first)
    assert torch.equal(same.regions, found.regions)

    width = photo.shape[-1] // CELL
    covered = (found.first % width >= width // 2) & (found.first % width < width // 2 + 3)
    other = torch.where(covered.unsqueeze(1), first * 0.2, first)
    left = still(found, first, other)
    assert left is not None
    assert torch.equal(left.first, found.first[~covered])
    assert bool((left.regions.bincount() >= 3).all())


def test_no_region_may_be_left() -> None:
    light = torch.full((4, 3), 0.2)
    found = Match(torch.arange(4), torch.arange(4), torch.arange(4) // 2)
    assert still(found, light, light) is None


def test_light_is_the_mean_of_a_regions_cells() -> None:
    photo = synthetic_photo(16, 24, seed=4)
    found = region_light(photo, torch.tensor([0, 1, 5]), torch.tensor([1, 1, 0]))
    light = to_light(photo)[0]
    torch.testing.assert_close(found[1], light[:, :8, :16].mean(dim=(1, 2)))
    torch.testing.assert_close(found[0], light[:, 8:, 16:].mean(dim=(1, 2)))


def test_difference_is_in_cielab() -> None:
    """Between black and white it is 100, and regions count by their weights."""
    black, white = torch.zeros(2, 3), torch.tensor([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]])
    assert difference(black, white, torch.tensor([1, 3])) == pytest.approx(25, abs=0.01)
    assert difference(white, white, torch.tensor([1, 3])) == 0


def test_a_match_is_three_lists_of_one_length(shots: dict[str, torch.Tensor]) -> None:
    own = features(small(shots["beacon"]))
    found = match(own, own)
    assert isinstance(found, Match)
    assert torch.equal(found.first, found.second)
    assert len(found.first) == len(found.regions) == own[0, 0].numel()


def test_places_of_regions_are_from_edge_to_edge() -> None:
    """Of 2 by 4 cells: the first column, and the last row."""
    found = region_places((2 * CELL, 4 * CELL), torch.tensor([0, 4, 4, 5, 6, 7]), torch.tensor([0, 0, 1, 1, 1, 1]))
    torch.testing.assert_close(found, torch.tensor([[-0.375, 0.0], [0.0, 0.25]]))
