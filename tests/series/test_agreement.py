"""How far apart neighbours are."""

from __future__ import annotations

import pytest
import torch

from verism.color.level import Shift
from verism.series.agreement import Agreement
from verism.series.levels import Shared
from verism.series.photo import Levelled

BLACK, WHITE = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)

SHARED = Shared(
    torch.tensor([BLACK, BLACK]), torch.tensor([WHITE, BLACK]), torch.tensor([1, 3]), Shift.even(torch.zeros(3))
)
"""Two regions, of which the second has three matches; the first is 100 apart."""


def test_before_and_after_in_the_mean_of_matches() -> None:
    """Only where two neighbours are of one scene, and both are done."""
    first = Levelled(after=(BLACK, WHITE))
    second = Levelled(before=(BLACK, BLACK), after=(BLACK, BLACK))
    third = Levelled(before=(BLACK, BLACK))
    found = Agreement.of([SHARED, SHARED, None, SHARED], [first, second, third, Levelled(), Levelled(error="no photo")])
    assert list(found.pairs[0]) == pytest.approx([25, 75], abs=0.01)
    assert list(found.pairs[1]) == pytest.approx([25, 0], abs=0.01)
    assert found.pairs[2:] == [(None, None), (None, None)]
    assert found.said() == "Agreement: 2 pairs of neighbours of one scene, 50% further apart in colour than before.\n"


def test_without_neighbours_there_is_nothing_to_say() -> None:
    assert Agreement.of([], [Levelled()]).said() == ""
    assert Agreement.of([None], [Levelled(), Levelled()]).said() == ""
