"""Finds shadows and highlights that have lost their detail."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from verism.losses.term import full_precision

NEAR_LIMIT = 0.1
"""Largest distance of any channel of a highlight from white, and of a shadow from black."""

HALF_LEVEL = 0.5 / 255
"""Distance from 0 or 1 within which a sample is rounded to it at 8 bits."""


def newly_clipped(image: Tensor, content: Tensor) -> Tensor:
    """Return the share of pixels that are burnt highlights or crushed shadows in the image but not in the content.

    Returns:
        Share of all pixels, in [0, 1]. 0 if no detail in shadows or highlights was lost.
    """
    places = where_newly_clipped(image, content)
    return (places.highlights | places.shadows).mean(dtype=torch.float64)


def pure_colors(image: Tensor, content: Tensor) -> Tensor:
    """Return the share of pixels that are neither nearly white nor nearly black and have a channel newly at a limit.

    Such colours are as vivid as sRGB can show. A look may ask for more, which is lost, though not always visibly.

    Returns:
        Share of all pixels, in [0, 1].
    """
    return where_newly_clipped(image, content).colors.mean(dtype=torch.float64)


class Clipped(NamedTuple):
    """Where channels of a result have newly reached a limit, 0 or 255 at 8 bits. Each is ``(H, W)`` bool; disjoint.

    Attributes:
        highlights: nearly white pixels with a channel that is 255 in the result but not in the content photo.
        shadows: nearly black pixels with a channel that is 0 in the result but not in the content photo.
        colors: other pixels with a channel that has newly reached a limit. They are vivid, but need not lack detail: a
            dark forest in evening light has hardly any blue.
    """

    highlights: Tensor
    shadows: Tensor
    colors: Tensor


def where_newly_clipped(image: Tensor, content: Tensor) -> Clipped:
    """Return the pixels of a result that are newly clipped.

    Args:
        image: the result.
        content: the content photo, of the result's shape.
    """
    white, black = newly_at_limits(image, content)
    image = full_precision(image).squeeze(0)
    highlights = white & (image.amin(dim=0) >= 1 - NEAR_LIMIT)
    shadows = black & (image.amax(dim=0) <= NEAR_LIMIT)
    return Clipped(highlights, shadows, (white | black) & ~highlights & ~shadows)


def newly_at_limits(image: Tensor, content: Tensor) -> tuple[Tensor, Tensor]:
    """Return where any channel is newly 255, and where any is newly 0, at 8 bits, each ``(H, W)`` bool.

    Args:
        image: the result.
        content: the content photo, of the result's shape.
    """
    image, content = (full_precision(photo).squeeze(0) for photo in (image, content))
    white = ((image > 1 - HALF_LEVEL) & (content <= 1 - HALF_LEVEL)).any(dim=0)
    black = ((image < HALF_LEVEL) & (content >= HALF_LEVEL)).any(dim=0)
    return white, black
