"""Numbers in the regions of a map: where they are, and that they can be seen."""

from __future__ import annotations

import pytest
import torch

from verism.app.numbers import PAPER, middle, numbered


def test_the_middle_of_a_region_is_far_from_its_edge() -> None:
    """And in its larger part, if it has two; the picture's own edge is one, too."""
    mask = torch.zeros(60, 90)
    mask[:, :30] = 1
    mask[5:15, 60:70] = 1
    assert middle(mask) == pytest.approx((15 / 90, 0.5), abs=0.03)
    # It is found in a ring, whose centre is not in it.
    ring = torch.ones(60, 60)
    ring[15:45, 15:45] = 0
    place = middle(ring)
    assert place is not None
    x, y = (int(share * 60) for share in place)
    assert ring[y, x] == 1


def test_a_region_that_is_nowhere_wide_has_no_place() -> None:
    mask = torch.zeros(960, 960)
    mask[::20] = 1
    assert middle(mask) is None
    assert middle(torch.zeros(4, 4)) is None


def test_each_region_has_its_own_number_in_it() -> None:
    masks = torch.zeros(1, 2, 100, 200)
    masks[:, 0, :, :100] = masks[:, 1, :, 100:] = 1
    picture = torch.full((1, 3, 100, 200), 0.5)
    left, right = numbered(picture, masks, [1, 4]).split(100, dim=3)
    paper = torch.tensor(PAPER).view(3, 1, 1) / 255
    for half in (left, right):
        assert bool((half[0, :, 35:65, 35:65] == paper).all(dim=0).any())
        assert bool((half[0, :, 35:65, 35:65] < 0.2).all(dim=0).any())
        assert bool((half[0, :, :30] - 0.5).abs().max() < 1 / 255)
    assert not torch.equal(left, right)
    other, same = numbered(picture, masks, [2, 4]).split(100, dim=3)
    assert torch.equal(same, right)
    assert not torch.equal(other, left)
