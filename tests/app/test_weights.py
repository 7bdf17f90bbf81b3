"""Weights as a person types them."""

from __future__ import annotations

import pytest

from verism.app.weights import weights_of
from verism.errors import VerismError


@pytest.mark.parametrize("typed", ["2 1", " 2, 1 ", "2:1", "2;1", "2,1", "2.0  1"])
def test_a_number_for_each_photo(typed: str) -> None:
    assert weights_of(typed, 2) == (2, 1)


@pytest.mark.parametrize(("typed", "count"), [("", 3), ("  ", 2), ("2 1", 1)])
def test_none_are_needed(typed: str, count: int) -> None:
    """Nor are those looked at that were typed before all photos but one were taken away."""
    assert weights_of(typed, count) == ()


@pytest.mark.parametrize("typed", ["2", "2 1", "two one one", "1 2 3 4"])
def test_what_is_wanted_is_said(typed: str) -> None:
    with pytest.raises(VerismError, match="for each of the 3 style photos, such as 2 1 1, or leave"):
        weights_of(typed, 3)
