"""The maps of a whole photo and its regions: what a region keeps of its own map."""

from __future__ import annotations

import pytest
import torch
from oklab import encoded, greys
from torch import Tensor

from verism.color.closed_form import region, whole_photo
from verism.color.regional_maps import DOUBT, by_region
from verism.color.tone_and_chroma import ToneAndChroma

TWO = torch.eye(2).repeat_interleave(400, dim=1)
"""A left and a right region, of 400 colours each."""


def shift_of(found: ToneAndChroma, colors: Tensor) -> list[float]:
    """Return how far each map moves colours ``(3, n)`` along a, which must be the same for all of them."""
    shifts = (found(colors) - colors)[:, 1]
    torch.testing.assert_close(shifts, shifts[:, :1].expand_as(shifts), rtol=0, atol=2e-4)
    return [float(shift) for shift in shifts.mean(dim=1)]


def graded(shift: float) -> tuple[Tensor, Tensor]:
    """A grey photo, and the same with its left region shifted along a, and its right one against it.

    Without the lights, in which a tint fades.
    """
    return greys(0, 0.8).repeat(1, 2), torch.cat([greys(0, 0.8, shift), greys(0, 0.8, -shift)], dim=1)


@pytest.mark.parametrize(
    ("shift", "kept"),
    [(0.3, 0.2987), (0.1, 0.096), (2 * DOUBT, 1.5 * DOUBT), (DOUBT, 0.0), (0.01, 0.0), (0.0, 0.0)],
)
def test_a_region_keeps_of_its_own_map_what_is_more_than_chance(shift: float, kept: float) -> None:
    """``(1 − (0.02 / d)²) d``: what is far from the whole photo's is kept nearly in full, and what is near is not."""
    ours, theirs = graded(shift)
    found = by_region(ours, theirs, TWO, TWO, torch.ones(2))
    assert shift_of(found, ours) == pytest.approx([0, kept, -kept], abs=2e-4)
    torch.testing.assert_close(found(ours)[:, 0], ours[0].expand(3, -1), rtol=0, atol=0.01)


def test_the_whole_photo_follows_what_is_sure() -> None:
    """It is half of it here; the other half stays with the style's neutral axis, which has no tint."""
    ours, theirs = graded(0.1)
    assert shift_of(whole_photo(ours, theirs), ours) == pytest.approx([0], abs=2e-4)
    found = by_region(ours, theirs, TWO, TWO, torch.tensor([1.0, 0.0]))
    # d is 0.05 on the left, where 1 − 0.4² is kept, and 0.15 on the right.
    expected = [0.05, 0.05 + (1 - 0.4**2) * 0.05, 0.05 - (1 - (0.02 / 0.15) ** 2) * 0.15]
    assert shift_of(found, ours) == pytest.approx(expected, abs=2e-4)


def test_each_region_counts_the_same_in_both_photos() -> None:
    """Three quarters of the content photo are left, and of the style photo right."""
    light = greys(0, 0.8)
    left, right = greys(0, 0.8, 0.1), greys(0, 0.8, -0.1)
    ours, theirs = light.repeat(1, 4), torch.cat([left, right, right, right], dim=1)
    more_left = torch.tensor([[1.0, 1, 1, 0], [0, 0, 0, 1]]).repeat_interleave(400, dim=1)
    more_right = torch.tensor([[1.0, 0, 0, 0], [0, 1, 1, 1]]).repeat_interleave(400, dim=1)
    found = by_region(ours, theirs, more_left, more_right, torch.ones(2))
    assert float(theirs[1].mean()) == pytest.approx(-0.05)
    assert shift_of(found, ours) == pytest.approx([0, 0.096, -0.096], abs=2e-4)


def test_one_region_of_everything_is_the_whole(content: Tensor, style: Tensor) -> None:
    ours, theirs = encoded(content), encoded(style)
    inside, inside_style = torch.ones(1, ours.shape[1]), torch.ones(1, theirs.shape[1])
    whole, alone = by_region(ours, theirs, inside, inside_style, torch.ones(1))(ours)
    torch.testing.assert_close(whole, alone, rtol=0, atol=1e-6)
    expected = region(ours, theirs, inside[0], inside_style[0])(ours)[0]
    torch.testing.assert_close(whole, expected, rtol=0, atol=1e-5)
    assert float((expected - whole_photo(ours, theirs)(ours)[0]).abs().mean()) > 5e-3


def test_regions_of_which_none_is_sure_are_the_whole_photo(content: Tensor, style: Tensor) -> None:
    ours, theirs = encoded(content), encoded(style)
    generator = torch.Generator().manual_seed(0)
    masks, others = (torch.rand(3, side, generator=generator).softmax(dim=0) for side in (48 * 64, 56 * 40))
    found = by_region(ours, theirs, masks, others, torch.zeros(3))
    for part, expected in zip(found, whole_photo(ours, theirs), strict=True):
        assert torch.equal(part, expected.expand_as(part))
        assert len(part) == 4


def test_a_region_that_is_nowhere_is_finite(content: Tensor, style: Tensor) -> None:
    ours, theirs = encoded(content), encoded(style)
    masks = torch.stack([torch.ones(48 * 64), torch.zeros(48 * 64)])
    others = torch.stack([torch.zeros(56 * 40), torch.ones(56 * 40)])
    for mine, their in ((masks, others), (masks, others.flip(0))):
        found = by_region(ours, theirs, mine, their, torch.ones(2))
        assert all(bool(part.isfinite().all()) for part in found)
