"""Lists read as in a sentence."""

from __future__ import annotations

import pytest

from verism.enumeration import enumerated, shortened


@pytest.mark.parametrize(
    ("parts", "text"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c"), ([1, 2], "1 and 2")]
)
def test_the_last_part_follows_the_conjunction(parts: list[object], text: str) -> None:
    assert enumerated(parts) == text


def test_the_conjunction_can_be_another() -> None:
    assert enumerated(iter("abc"), "or") == "a, b or c"


def test_many_names_become_a_few_and_a_count() -> None:
    assert enumerated(shortened(["a", "b", "c"], 3)) == "a, b and c"
    assert enumerated(shortened(["a", "b", "c", "d"], 3)) == "a, b, c and 1 more"
