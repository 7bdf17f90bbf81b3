"""A part of the picture at full size, pixel by pixel, and its position in the picture."""

from __future__ import annotations

import re
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism import images

ROOM = (1000, 700)
"""Default width and height of a part, in pixels, until the page has reported the available space."""

LEAST, MOST = 200, 4000
"""Bounds of a side of the available space. A page that is scrolled or folded may report anything."""

AREA = 320 * 210
"""Maximum number of pixels of the overview in which the part is marked."""

LINE = 3
"""Width of the line around the part in the overview."""

GROUND = 0.5
"""Grey level around a photo that is smaller than the available space."""

MIDDLE = (0.5, 0.5)


class Part(NamedTuple):
    """A part of a picture, in pixels of its full size.

    Attributes:
        left: distance from the left.
        top: distance from the top.
        width: width of the part.
        height: height of the part.
    """

    left: int
    top: int
    width: int
    height: int

    def of(self, image: Tensor) -> Tensor:
        """Cut this part out of a full-size picture ``(1, channels, H, W)``."""
        return image[..., self.top : self.top + self.height, self.left : self.left + self.width]


def room_of(said: str) -> tuple[int, int]:
    """Parse the width and height of the available space, which the page reports as "WIDTHxHEIGHT"."""
    found = re.fullmatch(r"(\d+)x(\d+)", said)
    if found is None:
        return ROOM
    width, height = (min(max(int(side), LEAST), MOST) for side in found.groups())
    return width, height


def part_at(shape: tuple[int, int], place: tuple[float, float], room: tuple[int, int]) -> Part:
    """Return the part of a picture that fills the available space, centred on a place as far as the edges allow.

    Args:
        shape: (height, width) of the picture.
        place: distance from the left and from the top, as shares of width and height, in [0, 1].
        room: (width, height) of the part. A smaller picture is used as a whole.
    """
    height, width = shape
    wide, high = min(room[0], width), min(room[1], height)
    left = min(max(round(place[0] * width - wide / 2), 0), width - wide)
    top = min(max(round(place[1] * height - high / 2), 0), height - high)
    return Part(left, top, wide, high)


def framed(image: Tensor, room: tuple[int, int]) -> Tensor:
    """Centre a part ``(1, 3, H, W)`` in the available space, so that the page does not enlarge a small photo."""
    wide, high = room[0] - image.shape[-1], room[1] - image.shape[-2]
    return F.pad(image, (wide // 2, wide - wide // 2, high // 2, high - high // 2), value=GROUND)


def small(image: Tensor) -> Tensor:
    """Scale a picture ``(1, 3, H, W)`` to the size of the overview."""
    return images.within(image, AREA)


def overview(image: Tensor, shape: tuple[int, int], part: Part) -> Tensor:
    """Return a small picture ``(1, 3, H, W)``, RGB in [0, 1], with a white line over a black one around a part.

    Args:
        image: the picture at any size.
        shape: (height, width) of its full size.
        part: the part to mark.
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
