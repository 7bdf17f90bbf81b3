"""White paper behind a product, which stays white whatever the style."""

from __future__ import annotations

from torch import Tensor

from verism.color.ramp import ramp

WHITE = 0.99
"""Oklab lightness from which a colour may be white paper."""

BACKDROP = (0.25, 0.5)
"""Share of a photo that has a single colour. From the second value, that colour is a backdrop, such as the paper behind
a product. Up to the first value, it is not, and white may be a bright sky or a lamp."""


def white_paper(lightness: Tensor) -> Tensor:
    """Return how certain it is that each pixel of a photo shows white paper, in [0, 1].

    Args:
        lightness: Oklab lightness of all pixels of the photo, of any shape. The result has the same shape.
    """
    white = (lightness >= WHITE).to(lightness)
    return white * ramp(white.mean(), *BACKDROP)
