"""What a look leaves more as it is in a photo of another scene."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from verism.color.spaces import Oklab
from verism.look.restraint import DAYLIGHT, HUE_KEPT, WHITE_KEPT, restrained

GREYS = torch.linspace(0, 1, 96).expand(1, 3, 1, 96)


def moved(photo: Tensor, *, lightness: float = 0.0, a: float = 0.0, b: float = 0.0) -> Tensor:
    """Return a photo with a change of its Oklab values."""
    return Oklab().decode(Oklab().encode(photo) + torch.tensor([lightness, a, b]).view(1, 3, 1, 1))


def change(photo: Tensor, image: Tensor) -> Tensor:
    """Return the change of Oklab values, ``(3, W)``."""
    return (Oklab().encode(image) - Oklab().encode(photo))[0, :, 0]


def test_what_changes_nothing_changes_nothing() -> None:
    photo = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(restrained(photo, photo), photo, atol=1e-4)


@pytest.mark.parametrize("thing", [(0.7, 0.2, 0.2), (0.2, 0.3, 0.8), (0.2, 0.6, 0.3)])
def test_hues_of_things_turn_less(thing: tuple[float, ...]) -> None:
    photo = torch.tensor(thing).view(1, 3, 1, 1)
    image = moved(photo, a=0.03, b=0.04)

    def hue(image: Tensor) -> float:
        a, b = Oklab().encode(image)[0, 1:, 0, 0]
        return math.atan2(b, a)

    before, full, held = (hue(it) for it in (photo, image, restrained(photo, image)))
    assert abs(held - before) < (1 - 0.8 * HUE_KEPT) * abs(full - before)


def test_things_may_lose_colour() -> None:
    photo = torch.tensor([0.2, 0.3, 0.8]).view(1, 3, 1, 1)
    own = Oklab().encode(photo)[:, 1:] * 0.5
    image = Oklab().decode(torch.cat([Oklab().encode(photo)[:, :1], own], dim=1))
    assert torch.allclose(restrained(photo, image), image, atol=5e-3)


def test_shadows_are_lifted_less() -> None:
    held = change(GREYS, restrained(GREYS, moved(GREYS, lightness=0.05)))[0]
    assert held[4] < 0.25 * 0.05
    assert held[55] > 0.9 * 0.05


def test_shadows_fall_less() -> None:
    held = change(GREYS, restrained(GREYS, moved(GREYS, lightness=-0.05)))[0]
    assert -0.6 * 0.05 < held[10] < 0
    assert held[55] < -0.9 * 0.05


@pytest.mark.parametrize("lightness", [0.02, -0.05])
def test_highlights_are_neither_lifted_nor_dimmed_as_far(lightness: float) -> None:
    held = change(GREYS, restrained(GREYS, moved(GREYS, lightness=lightness)))[0]
    assert abs(held[90]) < 0.4 * abs(lightness)
    assert held[55] == pytest.approx(lightness, abs=2e-3)


def test_white_is_tinted_less_than_grey() -> None:
    held = change(GREYS, restrained(GREYS, moved(GREYS, a=0.01, b=0.03)))[2]
    assert held[50] == pytest.approx(0.03, abs=1e-3)
    assert held[92] < 1.1 * (1 - WHITE_KEPT) * 0.03


@pytest.mark.parametrize("b", [0.04, -0.04])
@pytest.mark.parametrize("a", [-0.04, 0.04])
def test_the_tint_of_grey_is_one_of_daylight(a: float, b: float) -> None:
    """And neither green nor magenta."""
    _, green, yellow = change(GREYS, restrained(GREYS, moved(GREYS, a=a, b=b)))[:, 50]
    assert yellow == pytest.approx(b, abs=2e-3)
    assert DAYLIGHT[0] - 0.15 < green / yellow < DAYLIGHT[1] + 0.15


def test_a_tint_of_daylight_stays() -> None:
    image = moved(GREYS, a=0.016, b=0.04)
    assert torch.allclose(restrained(GREYS, image)[..., 40:60], image[..., 40:60], atol=2e-3)
