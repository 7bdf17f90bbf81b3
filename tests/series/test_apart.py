"""How far two photos of one scene are apart, from the light of their regions."""

from __future__ import annotations

import pytest
import torch

from verism.color.level import relit
from verism.series.apart import stops_apart

LIGHT = torch.tensor([[0.02, 0.03, 0.05], [0.2, 0.1, 0.05], [0.3, 0.4, 0.5], [0.7, 0.6, 0.6]])

EVEN = torch.ones(len(LIGHT))


@pytest.mark.parametrize("stops", [(0.3, 0.3, 0.3), (-0.2, 0.0, 0.4), (1.5, -1.0, 0.5)])
def test_a_shift_is_found(stops: tuple[float, float, float]) -> None:
    """Up to a pull to no shift, which is weak; and the way back is the opposite."""
    wanted = torch.tensor(stops)
    there = stops_apart(LIGHT, relit(LIGHT, wanted), EVEN)
    torch.testing.assert_close(there, wanted, rtol=0.01, atol=1e-3)
    torch.testing.assert_close(stops_apart(relit(LIGHT, wanted), LIGHT, EVEN), -there, rtol=0, atol=1e-3)


def test_equal_photos_are_not_shifted() -> None:
    assert stops_apart(LIGHT, LIGHT, EVEN).tolist() == [0, 0, 0]


def test_what_has_changed_in_one_region_does_not_pull() -> None:
    """As a bus that has come by; by the mean of all regions, red would be off by more than a stop."""
    wanted = torch.tensor([0.3, 0.2, 0.1])
    seen = relit(LIGHT, wanted)
    seen[1] = torch.tensor([0.9, 0.05, 0.02])
    found = stops_apart(LIGHT, seen, torch.tensor([3, 3, 3, 3]))
    torch.testing.assert_close(found, wanted, rtol=0, atol=0.1)


def test_black_and_blown_out_regions_tell_nothing() -> None:
    ends = torch.tensor([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    torch.testing.assert_close(stops_apart(ends, ends, torch.ones(2)), torch.zeros(3))
    assert float(stops_apart(ends, ends.flip(0), torch.ones(2)).abs().max()) < 0.1
