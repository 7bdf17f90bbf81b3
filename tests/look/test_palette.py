"""Palettes of photos, and what they have in common."""

from __future__ import annotations

import pytest
import torch
from conftest import synthetic_photo

from verism.look.palette import BINS, overlap, palette


def test_shares_add_up_to_one() -> None:
    for photo in (synthetic_photo(24, 36, 1), torch.zeros(1, 3, 4, 4), torch.ones(1, 3, 4, 4)):
        found = palette(photo)
        assert found.shape == BINS
        assert float(found.sum()) == pytest.approx(1)


def test_every_srgb_colour_is_in_a_bin_of_its_own_kind() -> None:
    """The corners of the cube: none is moved to the rim of the bins."""
    corners = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * 3).T.view(1, 3, 2, 4)
    found = palette(corners)
    for dim in range(1, 3):
        assert float(found.select(dim, 0).sum()) == 0
        assert float(found.select(dim, -1).sum()) == 0


def test_the_same_photo_has_all_in_common() -> None:
    photo = synthetic_photo(24, 36, 1)
    assert overlap(palette(photo), palette(photo.flip(-1))) == pytest.approx(1)


def test_different_colours_have_nothing_in_common() -> None:
    red, blue = (
        torch.tensor(color).view(1, 3, 1, 1).expand(1, 3, 4, 4) for color in ([0.9, 0.1, 0.1], [0.1, 0.1, 0.9])
    )
    assert overlap(palette(red), palette(blue)) == 0


def test_a_small_change_changes_little() -> None:
    photo = 0.5 + 0.1 * synthetic_photo(24, 36, 1)
    assert overlap(palette(photo), palette(photo + 1 / 255)) > 0.9
