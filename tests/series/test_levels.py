"""How far photos are levelled."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from verism.color.level import Shift, levelled
from verism.color.spaces import from_light, to_light
from verism.series.apart import apart
from verism.series.levels import MOST, STEEPEST, Shared, levels
from verism.series.neighbours import difference

GREYS = torch.tensor([[0.1, 0.1, 0.1], [0.3, 0.25, 0.2], [0.5, 0.6, 0.4]])


def lit(*stops: float) -> Tensor:
    """Return the light of regions in another exposure."""
    return _level(GREYS, torch.tensor(stops))


def _level(light: Tensor, stops: Tensor) -> Tensor:
    return to_light(levelled(from_light(light).T.reshape(1, 3, -1, 1), Shift.even(stops))).view(3, -1).T


def pair(one: Tensor, other: Tensor) -> Shared:
    weights = torch.tensor([3, 4, 5])
    return Shared(one, other, weights, apart(one, other, weights, torch.zeros(3, 2)))


def in_the_middle(pairs: Sequence[Shared | None]) -> Tensor:
    return torch.stack([it.stops for it in levels(pairs)])


def test_a_scene_gets_the_light_that_it_has_in_the_mean() -> None:
    shots = [lit(0.3, 0.0, 0.0), lit(0.0, 0.0, 0.3), lit(0.0, 0.3, 0.0)]
    found = in_the_middle([pair(shots[0], shots[1]), pair(shots[1], shots[2])])
    torch.testing.assert_close(found.sum(dim=0), torch.zeros(3), rtol=0, atol=1e-4)
    for shot, stops in zip(shots, found, strict=True):
        torch.testing.assert_close(_level(shot, stops), lit(0.1, 0.1, 0.1), rtol=0, atol=1e-3)


def test_scenes_have_nothing_to_do_with_each_other() -> None:
    bright, dark = lit(0.2, 0.2, 0.2), lit(-0.2, -0.2, -0.2)
    found = in_the_middle([pair(bright, dark), None, None, pair(dark, bright)])
    expected = torch.tensor([-0.2, 0.2, 0.0, 0.2, -0.2]).unsqueeze(1).expand(5, 3)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-3)
    assert in_the_middle([]).tolist() == [[0, 0, 0]]


def test_no_shift_is_large_and_neighbours_come_closer_all_the_same() -> None:
    shots = [lit(stops, stops, 0.0) for stops in (0.0, 1.5, 3.0)]
    found = in_the_middle([pair(shots[0], shots[1]), pair(shots[1], shots[2])])
    assert float(found.abs().max()) <= MOST + 1e-6
    torch.testing.assert_close(found[:, 0], torch.tensor([MOST, 0.0, -MOST]), rtol=0, atol=3e-3)
    for (one, other), (here, there) in zip(
        [(shots[0], shots[1]), (shots[1], shots[2])], [(found[0], found[1]), (found[1], found[2])], strict=True
    ):
        weights = torch.ones(3)
        assert difference(_level(one, here), _level(other, there), weights) < difference(one, other, weights)


def test_an_evening_stays_one_while_its_photos_are_levelled() -> None:
    """Three stops over forty photos, every second of which is brighter by half a stop, and redder."""
    photos, jitter = 40, torch.tensor([0.6, 0.5, 0.5])
    light = [torch.full((3,), -3.0 * number / photos) + jitter * (number % 2) for number in range(photos)]
    pairs = [Shared(GREYS, GREYS, torch.ones(3), Shift.even(after - before)) for before, after in pairwise(light)]
    found = in_the_middle(pairs)
    assert MOST - 1e-3 < float(found.abs().max()) <= MOST + 1e-6
    steps = (torch.stack(light) + found).diff(dim=0)
    # From a stop and more between neighbours, up and down, to the slow change that there is without them.
    assert float(steps[5:-5].abs().max()) < 0.1
    # Both ends cannot come closer to each other than by what both are shifted at the most.
    ends = torch.stack(light)[0] + found[0] - torch.stack(light)[-2] - found[-2]
    assert bool((ends > 3.0 * (photos - 2) / photos - 2 * MOST - 1e-3).all())


def test_a_tilt_is_levelled_too_and_limited_by_itself() -> None:
    """A shadow that comes in from the right and goes again; then one that stays, and grows."""
    tilt = torch.tensor([[0.2, 0.2, 0.1], [0.0, 0.0, 0.0]])
    there, back = (Shared(GREYS, GREYS, torch.ones(3), Shift(torch.zeros(3), sign * tilt)) for sign in (1, -1))
    found = levels([there, back])
    for shift, share in zip(found, (1 / 3, -2 / 3, 1 / 3), strict=True):
        torch.testing.assert_close(shift.slopes, share * tilt)
        assert not bool(shift.stops.any())
    grown = torch.stack([it.slopes for it in levels([there] * 20)])
    assert STEEPEST - 1e-3 < float(grown.abs().max()) <= STEEPEST + 1e-6
