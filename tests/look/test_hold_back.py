"""A look on photos whose colours it knows in part."""

from __future__ import annotations

import pytest

from verism.look.hold_back import UNKNOWN, held_back
from verism.look.strength import Strength


@pytest.mark.parametrize(
    ("unknown", "share"), [(0.0, 1.0), (UNKNOWN, 1.0), ((1 + UNKNOWN) / 2, 0.5), (0.9, 0.1 / 0.95), (1.0, 0.0)]
)
def test_the_strength_falls_with_the_share_of_other_colours(unknown: float, share: float) -> None:
    found = held_back(Strength(0.8, color=0.5, tone=0.25), unknown)
    assert found.strength == pytest.approx(0.8 * share)
    assert (found.color, found.tone) == (0.5, 0.25)
