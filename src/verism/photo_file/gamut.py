"""Colours outside sRGB: how many a photo has, and what they lose when they are converted to it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from verism.photo_file import samples
from verism.photo_file.icc import from_srgb, to_srgb

SEEN = 0.02
"""How far a channel of sRGB must be below 0 or above 1 for a colour to count as outside sRGB. Clipping then changes it
by about 4 levels of 255 in Adobe RGB or Display P3, which is barely visible."""

LEVEL = 1 / 65535
"""Smallest loss that a file can represent. White often exceeds 1 by as much, through arithmetic alone."""


class InSrgb(NamedTuple):
    """Colours that were converted to sRGB.

    Attributes:
        pixels: ``(H, W, 3)``, sRGB in [0, 1].
        beyond: share of the pixels with colours outside sRGB.
        lost: ``(H, W, 3)``, the excess of each colour over its pixel, in the original space. None if there is none, or
            it was not requested.
    """

    pixels: NDArray[np.float32]
    beyond: float
    lost: NDArray[np.floating[Any]] | None


def brought_in(colors: NDArray[Any], profile: bytes, *, keep: bool) -> InSrgb:
    """Convert the colours of a photo to sRGB, with clipping.

    Args:
        colors: ``(H, W, channels)``, as for ``icc.to_srgb``.
        profile: the ICC profile of their space.
        keep: whether to compute what they lose. ``icc.from_srgb`` must then support the profile.

    Raises:
        ProfileError: as for ``icc.to_srgb``.
    """
    values = to_srgb(colors, profile, clip=False)
    least, most = values.min(axis=2), values.max(axis=2)
    beyond = float(((least < -SEEN) | (most > 1 + SEEN)).mean())
    # Near black, light just below 0 may correspond to several levels in the other space.
    is_outside = (least < 0) | (most > 1 + LEVEL)
    np.clip(values, 0, 1, out=values)
    if not (keep and is_outside.any()):
        return InSrgb(values, beyond, None)
    parts = samples.unit(colors[is_outside]) - from_srgb(values[is_outside][None], profile)[0]
    if np.abs(parts).max() < LEVEL:
        return InSrgb(values, beyond, None)
    # Half precision resolves a colour far more finely than 8 bits, in half of the memory.
    lost = np.zeros(values.shape, np.float16 if colors.dtype == np.uint8 else np.float32)
    lost[is_outside] = parts
    return InSrgb(values, beyond, lost)
