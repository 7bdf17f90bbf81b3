"""A part of the picture at its full size, pixel by pixel, and where in the picture it is."""

from __future__ import annotations

import re
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism import images

ROOM = (1000, 700)
"""Width and height of a part, in pixels, as long as the page has not said how much room there is."""

LEAST, MOST = 200, 4000
"""Smallest and largest side for which there is taken to be room: a page that is scrolled or folded may say anything."""

AREA = 320 * 210
"""Largest number of pixels of the picture in which the part is marked."""

LINE = 3
"""Width of the line around it there."""

GROUND = 0.5
"""Grey around a photo that is smaller than its room."""

MIDDLE = (0.5, 0.5)


class Part(NamedTuple):
    """A part of a picture, in pixels of its full size.

    Attributes:
        left: distance from the left.
        top: distance from the top.
        width: its width.
        height: its height.
    """

    left: int
    top: int
    width: int
    height: int

    def of(self, image: Tensor) -> Tensor:
        """Return this part of a picture ``(1, channels, H, W)`` of full size."""
        return image[..., self.top : self.top + self.height, self.left : self.left + self.width]


def room_of(said: str) -> tuple[int, int]:
    """Return the width and height of the room for a part, of which a page has said "WIDTHxHEIGHT"."""
    found = re.fullmatch(r"(\d+)x(\d+)", said)
    if found is None:
        return ROOM
    width, height = (min(max(int(side), LEAST), MOST) for side in found.groups())
    return width, height


def part_at(shape: tuple[int, int], place: tuple[float, float], room: tuple[int, int]) -> Part:
    """Return the part of a picture that fills the room, with a place as near to its middle as the edges allow.

    Args:
        shape: height and width of the picture.
        place: distance from the left and from the top, as shares of width and height, in [0, 1].
        room: width and height of the part; a picture that is smaller is taken as a whole.
    """
    height, width = shape
    wide, high = min(room[0], width), min(room[1], height)
    left = min(max(round(place[0] * width - wide / 2), 0), width - wide)
    top = min(max(round(place[1] * height - high / 2), 0), height - high)
    return Part(left, top, wide, high)


def framed(image: Tensor, room: tuple[int, int]) -> Tensor:
    """Return a part ``(1, 3, H, W)`` in the middle of the room, so that the page does not enlarge a small photo."""
    wide, high = room[0] - image.shape[-1], room[1] - image.shape[-2]
    return F.pad(image, (wide // 2, wide - wide // 2, high // 2, high - high // 2), value=GROUND)


def small(image: Tensor) -> Tensor:
    """Return a picture ``(1, 3, H, W)`` at the size at which a part is marked in it."""
    return images.within(image, AREA)


def overview(image: Tensor, shape: tuple[int, int], part: Part) -> Tensor:
    """Return a picture ``(1, 3, H, W)``, RGB in [0, 1], small, with a white line on a black one around a part of it.

    Args:
        image: the picture at any size.
        shape: height and width of its full size.
        part: the part.
    """
    seen = small(image).clone()
    height, width = seen.shape[-2:]
    down, across = height / shape[0], width / shape[1]
    top, bottom = round(part.top * down), round((part.top + part.height) * down)
    left, right = round(part.left * across), round((part.left + part.width) * across)
    rows, columns = torch.arange(height).view(-1, 1), torch.arange(width)
    for line, level in ((LINE, 0.0), (LINE - 1, 1.0)):
        is_in = (rows >= top) & (rows < bottom) & (columns >= left) & (columns < right)
        is_inside = (rows >= top + line) & (rows < bottom - line) & (columns >= left + line) & (columns < right - line)
        seen[..., is_in & ~is_inside] = level
    return seen
