"""Which size the image has at which step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from verism.errors import VerismError
from verism.scales import Scales


def test_every_scale_gets_its_share_of_the_steps() -> None:
    scales = Scales([150, 300, 600], [2, 1, 1])
    sizes = [scales.at(step, 8) for step in range(9)]
    assert sizes == [150] * 4 + [300] * 2 + [600] * 3


def test_without_shares_all_get_the_same() -> None:
    scales = Scales([150, 300, 600])
    assert [scales.at(step, 9) for step in range(9)] == [150] * 3 + [300] * 3 + [600] * 3


def test_what_cannot_be_a_run_is_a_mistake() -> None:
    scales = Scales([150, 300])
    scales.check(300, 2)
    with pytest.raises(VerismError, match="which is 600"):
        scales.check(600, 100)
    with pytest.raises(VerismError, match="max_steps is 1"):
        scales.check(300, 1)
    with pytest.raises(VerismError, match="max_steps is -1"):
        scales.check(300, -1)


@pytest.mark.parametrize("sizes", [[], [300, 150], [150, 150]])
def test_sizes_ascend(sizes: list[int]) -> None:
    with pytest.raises(VerismError, match="ascending order"):
        Scales(sizes)


@pytest.mark.parametrize("shares", [[], [1.0], [1.0, 0.0], [1.0, 2.0, 3.0]])
def test_there_is_a_share_for_each(shares: list[float]) -> None:
    with pytest.raises(VerismError, match="for each of"):
        Scales([150, 300], shares)


@pytest.mark.parametrize("sizes", [np.array([32, 48]), torch.tensor([32, 48]), range(32, 64, 16)])
def test_numbers_may_be_of_another_library(sizes: Any) -> None:
    scales = Scales(sizes, np.array([1, 3]))
    assert [scales.at(step, 4) for step in range(4)] == [32, 48, 48, 48]
    assert [type(number) for number in (*scales.sizes, *scales.shares)] == [int, int, float, float]


@pytest.mark.parametrize("sizes", [48, [32.0, 48.0], ["32", "48"], None])
def test_sizes_are_whole_numbers(sizes: Any) -> None:
    with pytest.raises(VerismError, match=r"^--model.scales .*: must be a list of whole numbers.$"):
        Scales(sizes)


@pytest.mark.parametrize("shares", [1, ["a", "b"], [None, None]])
def test_shares_are_numbers(shares: Any) -> None:
    with pytest.raises(VerismError, match=r"^--model.shares .*: must be a list of numbers.$"):
        Scales([32, 48], shares)
