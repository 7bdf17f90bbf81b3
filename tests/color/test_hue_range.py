"""Hues between two others."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from verism.color.hue_range import between


def hue(*degrees: float) -> Tensor:
    """Unit vectors of some hues."""
    angles = torch.tensor(degrees) * (math.pi / 180)
    return torch.stack([angles.cos(), angles.sin()], dim=-1)


@pytest.mark.parametrize(
    ("color", "own", "wanted", "degrees", "chroma"),
    [
        # Between the two, on either side of 0, it stays.
        (60.0, 30.0, 90.0, 60.0, 1.0),
        (60.0, 90.0, 30.0, 60.0, 1.0),
        (0.0, -60.0, 60.0, 0.0, 1.0),
        # Outside, it goes to the nearer one, with less chroma.
        (10.0, 30.0, 90.0, 30.0, math.cos(math.radians(20))),
        (120.0, 30.0, 90.0, 90.0, math.cos(math.radians(30))),
        (-150.0, 170.0, 90.0, 170.0, math.cos(math.radians(40))),
        # Far outside, it goes grey.
        (240.0, 30.0, 90.0, 0.0, 0.0),
    ],
)
def test_a_hue_is_brought_between_two_others(
    color: float, own: float, wanted: float, degrees: float, chroma: float
) -> None:
    torch.testing.assert_close(between(hue(color), hue(own), hue(wanted)), chroma * hue(degrees), rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("degrees", "moved"),
    [
        # 105 degrees from its own hue, 30 from the other one: closer to that.
        (5.0, 21.8),
        (-70.0, -86.8),
        # As far from both: it stays.
        (-32.5, -32.5),
    ],
)
def test_between_hues_far_apart_a_color_is_of_either(degrees: float, moved: float) -> None:
    """A blue sea (-100 degrees) under a red sky (35 degrees) is not magenta."""
    kept = between(hue(degrees), hue(-100.0), hue(35.0))
    torch.testing.assert_close(kept / kept.norm(), hue(moved), rtol=0, atol=2e-3)


def test_from_a_hue_to_its_opposite_the_way_is_through_grey() -> None:
    """On neither side of it, and without a jump where one side becomes the shorter one."""
    sides = torch.stack([between(hue(0.0), hue(270.0), hue(degrees)) for degrees in (89.9, 90.0, 90.1)])
    assert float(sides.norm(dim=-1).max()) < 0.01


def test_without_another_hue_the_own_one_stays() -> None:
    kept = between(hue(40.0), hue(10.0), torch.zeros(1, 2))
    torch.testing.assert_close(kept, math.cos(math.radians(30)) * hue(10.0))


def test_nothing_jumps() -> None:
    """Where a colour leaves the range, and where the range is narrow."""
    around = 2 * 180 / 4000
    for own, wanted in ((30.0, 90.0), (30.0, 35.0), (30.0, 121.0), (30.0, 145.0), (30.0, 200.0)):
        colors = hue(*torch.arange(-180, 180, around).tolist())
        kept = between(colors, hue(own).expand_as(colors), hue(wanted).expand_as(colors))
        steps = (kept - kept.roll(1, 0)).norm(dim=-1)
        assert float(steps.max()) <= 2 * math.radians(around)
