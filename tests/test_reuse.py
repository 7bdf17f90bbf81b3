"""What is kept between runs, and what is not."""

from __future__ import annotations

import pytest

from verism import reuse


def test_nothing_is_kept_unless_somebody_asks() -> None:
    assert reuse.once("list", 1, list) is not reuse.once("list", 1, list)


def test_the_last_of_each_name_is_kept_for_its_key() -> None:
    kept: reuse.Kept = {}
    with reuse.between_runs(kept):
        first: list[int] = reuse.once("list", 1, list)
    with reuse.between_runs(kept):
        assert reuse.once("dict", 1, dict) == {}
        assert reuse.once("list", 1, list) is first
        second: list[int] = reuse.once("list", 2, list)
        assert second is not first
        assert reuse.once("list", 2, list) is second
        assert reuse.once("list", 1, list) is not first
    assert len(kept) == 2
    assert reuse.once("list", 1, list) is not kept["list"][1]


def test_what_fails_is_not_kept() -> None:
    def fail() -> list[int]:
        raise KeyError

    with reuse.between_runs({}):
        for _ in range(2):
            with pytest.raises(KeyError):
                reuse.once("list", 1, fail)
        assert reuse.once("list", 1, list) == []
