"""A part of the picture: where it is, and how it is marked."""

from __future__ import annotations

import pytest
import torch

from verism.app.part import LEAST, MIDDLE, MOST, ROOM, Part, framed, overview, part_at, room_of


@pytest.mark.parametrize(
    ("place", "room", "part"),
    [
        (MIDDLE, (400, 300), Part(300, 350, 400, 300)),
        ((0.0, 1.0), (400, 300), Part(0, 700, 400, 300)),
        # Which has room for all of its width.
        ((0.1, 0.5), (2000, 300), Part(0, 350, 1000, 300)),
    ],
)
def test_it_fills_the_room_and_is_in_the_picture(place: tuple[float, float], room: tuple[int, int], part: Part) -> None:
    assert part_at((1000, 1000), place, room) == part
    assert part.of(torch.zeros(1, 3, 1000, 1000)).shape == (1, 3, part.height, part.width)


@pytest.mark.parametrize(
    ("said", "room"), [("865x486", (865, 486)), ("", ROOM), ("0x99999", (LEAST, MOST)), ("wide", ROOM)]
)
def test_the_page_says_how_much_room_there_is(said: str, room: tuple[int, int]) -> None:
    assert room_of(said) == room


def test_a_small_photo_is_not_enlarged() -> None:
    photo = torch.rand(1, 3, 40, 60)
    seen = framed(photo, (81, 50))
    assert seen.shape == (1, 3, 50, 81)
    assert torch.equal(seen[..., 5:45, 10:70], photo)
    assert float(seen.sum() - photo.sum()) == pytest.approx(0.5 * 3 * (50 * 81 - 40 * 60), rel=1e-3)


def test_a_line_is_around_it() -> None:
    image = torch.full((1, 3, 200, 300), 0.5)
    seen = overview(image, (2000, 3000), Part(1000, 500, 1000, 1000))
    assert seen.shape == image.shape
    assert torch.equal(image, torch.full_like(image, 0.5))
    # From outside to inside: white, black, and the picture.
    assert seen[0, 0, 100, 98:104].tolist() == [0.5, 0.5, 1, 1, 0, 0.5]
    assert seen[0, 0, 150, 150] == 0.5
    assert seen[0, 0, 45, 150] == 0.5
