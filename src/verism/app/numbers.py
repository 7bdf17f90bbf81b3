"""Draws numbers into the regions of a map, so that they can be found in its legend."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism import images

RADIUS = 0.03
"""Radius of the disc under a number, as a share of the picture's long side. It must be legible on a phone."""

COARSE = 96
"""Long side, in pixels, of the masks in which places for numbers are searched."""

PAPER, INK = (255, 255, 255), (20, 20, 20)


def numbered(image: Tensor, masks: Tensor, numbers: Sequence[int | None]) -> Tensor:
    """Draw the number of each region on a white disc in the middle of its largest part.

    A region that is narrow everywhere gets no number.

    Args:
        image: ``(1, 3, H, W)``, RGB in [0, 1].
        masks: masks of K regions, ``(1, K, h, w)`` in [0, 1] or bool.
        numbers: the number of each region, or None for no number.
    """
    height, width = image.shape[-2:]
    picture = Image.fromarray(images.to_levels(image))
    pen, radius = ImageDraw.Draw(picture), RADIUS * max(height, width)
    font = ImageFont.load_default(1.4 * radius)
    for mask, number in zip(masks[0], numbers, strict=True):
        place = None if number is None else middle(mask)
        if place is not None:
            # Keep the disc whole even at the edge of the picture.
            sides = zip(place, (width, height), strict=True)
            x, y = (min(max(share * side, radius), side - radius) for share, side in sides)
            pen.circle((x, y), radius, PAPER, INK, max(1, round(radius / 10)))
            pen.text((x, y), str(number), INK, font, anchor="mm")
    return images.from_levels(np.array(picture)).to(image)


def middle(mask: Tensor) -> tuple[float, float] | None:
    """Return the place in a mask that is farthest from its edge, or None if the mask is narrow everywhere.

    Args:
        mask: ``(h, w)`` in [0, 1] or bool; values of at least one half count.

    Returns:
        Distance from the left and from the top, as shares of width and height, in [0, 1].
    """
    scale = min(1.0, COARSE / max(mask.shape))
    shape = [max(1, round(side * scale)) for side in mask.shape]
    inner = (F.interpolate(mask.float()[None, None], shape, mode="area") >= 0.5).float()  # noqa: PLR2004
    left = inner
    while bool(left.any()):
        # Erode the mask, counting the edge of the picture as an edge.
        inner, left = left, 1 - F.max_pool2d(F.pad(1 - left, (1, 1, 1, 1), value=1.0), 3, stride=1)
    places = inner[0, 0].nonzero()
    if not len(places):
        return None
    y, x = ((int(it) + 0.5) for it in places[len(places) // 2])
    return x / shape[1], y / shape[0]
