"""How far two photos of one scene are apart, from the light of their regions."""

from __future__ import annotations

import pytest
import torch

from verism.color.level import relit
from verism.series.apart import apart

LIGHT = torch.tensor([[0.02, 0.03, 0.05], [0.2, 0.1, 0.05], [0.3, 0.4, 0.5], [0.7, 0.6, 0.6]])

EVEN = torch.ones(len(LIGHT))

MIDDLE = torch.zeros(len(LIGHT), 2)
"""All regions in the middle, where a tilt shifts nothing."""

EDGES = torch.linspace(-0.375, 0.375, 4)

GRID = torch.stack([EDGES.repeat(4), EDGES.repeat_interleave(4)], dim=1)
"""Places of four by four regions, across and down."""


@pytest.mark.parametrize("stops", [(0.3, 0.3, 0.3), (-0.2, 0.0, 0.4), (1.5, -1.0, 0.5)])
def test_a_shift_is_found(stops: tuple[float, float, float]) -> None:
    """Up to a pull to no shift, which is weak; and the way back is the opposite."""
    wanted = torch.tensor(stops)
    there = apart(LIGHT, relit(LIGHT, wanted), EVEN, MIDDLE).stops
    torch.testing.assert_close(there, wanted, rtol=0.01, atol=1e-3)
    torch.testing.assert_close(apart(relit(LIGHT, wanted), LIGHT, EVEN, MIDDLE).stops, -there, rtol=0, atol=1e-3)


def test_equal_photos_are_not_shifted() -> None:
    found = apart(LIGHT, LIGHT, EVEN, GRID[:4])
    assert not bool(found.stops.any())
    assert not bool(found.slopes.any())


def test_what_has_changed_in_one_region_does_not_pull() -> None:
    """As a bus that has come by; by the mean of all regions, red would be off by more than a stop."""
    wanted = torch.tensor([0.3, 0.2, 0.1])
    seen = relit(LIGHT, wanted)
    seen[1] = torch.tensor([0.9, 0.05, 0.02])
    found = apart(LIGHT, seen, torch.tensor([3, 3, 3, 3]), MIDDLE).stops
    torch.testing.assert_close(found, wanted, rtol=0, atol=0.1)


def test_black_and_blown_out_regions_tell_nothing() -> None:
    ends = torch.tensor([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    torch.testing.assert_close(apart(ends, ends, torch.ones(2), MIDDLE[:2]).stops, torch.zeros(3))
    assert float(apart(ends, ends.flip(0), torch.ones(2), GRID[:2]).stops.abs().max()) < 0.1


def test_light_that_falls_off_to_one_side_is_found() -> None:
    """As a cloud's shadow on the right of a field, and one that a photo has at the top; up to a pull to none."""
    light = LIGHT.repeat(4, 1)
    stops, slopes = torch.tensor([0.2, 0.1, 0.0]), torch.tensor([[-0.3, -0.3, -0.2], [0.2, 0.2, 0.2]])
    other = relit(light, stops + GRID @ slopes)
    found = apart(light, other, torch.ones(16), GRID)
    torch.testing.assert_close(found.stops, stops, rtol=0, atol=0.02)
    torch.testing.assert_close(found.slopes, slopes, rtol=0, atol=0.08)
    turned = apart(other, light, torch.ones(16), GRID)
    torch.testing.assert_close(turned.slopes, -found.slopes, rtol=0, atol=1e-3)


def test_one_region_that_has_changed_tilts_little() -> None:
    light = LIGHT.repeat(4, 1)
    seen = light.clone()
    seen[3] = torch.tensor([0.9, 0.05, 0.02])
    found = apart(light, seen, torch.ones(16), GRID)
    assert float(found.stops.abs().max()) < 0.03
    assert float(found.slopes.abs().max()) < 0.1
