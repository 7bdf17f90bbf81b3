"""Colours that sRGB cannot show: how many a photo has, and what they lose when they are brought into it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from verism.photo_file import samples
from verism.photo_file.icc import from_srgb, to_srgb

SEEN = 0.02
"""How far a channel of sRGB must be below 0 or above 1 for a colour to count as one that sRGB cannot show. Clipped, it
differs by about 4 levels of 255 in Adobe RGB or Display P3, which begins to be seen."""

LEVEL = 1 / 65535
"""The smallest loss that a file can show. White is often more than 1 by as much, from arithmetic alone."""


class InSrgb(NamedTuple):
    """Colours that were brought into sRGB.

    Attributes:
        pixels: ``(H, W, 3)``, sRGB in [0, 1].
        beyond: share of them that sRGB could not show.
        lost: ``(H, W, 3)``, by how much a colour in its own space is more than that of its pixel; None if that is
            nothing, or nobody asked for it.
    """

    pixels: NDArray[np.float32]
    beyond: float
    lost: NDArray[np.floating[Any]] | None


def brought_in(colors: NDArray[Any], profile: bytes, *, keep: bool) -> InSrgb:
    """Return the colours of a photo in sRGB, clipped.

    Args:
        colors: ``(H, W, channels)``, as ``icc.to_srgb`` takes them.
        profile: the ICC profile of their space.
        keep: whether what they lose is computed, for which ``icc.from_srgb`` must be able to use the profile.

    Raises:
        ProfileError: as ``icc.to_srgb``.
    """
    values = to_srgb(colors, profile, clip=False)
    least, most = values.min(axis=2), values.max(axis=2)
    beyond = float(((least < -SEEN) | (most > 1 + SEEN)).mean())
    # Near black, a light that is hardly below 0 may be several levels of the other space.
    is_outside = (least < 0) | (most > 1 + LEVEL)
    np.clip(values, 0, 1, out=values)
    if not (keep and is_outside.any()):
        return InSrgb(values, beyond, None)
    parts = samples.unit(colors[is_outside]) - from_srgb(values[is_outside][None], profile)[0]
    if np.abs(parts).max() < LEVEL:
        return InSrgb(values, beyond, None)
    # Half a float has 8 bits of a colour many times over, in half of the memory.
    lost = np.zeros(values.shape, np.float16 if colors.dtype == np.uint8 else np.float32)
    lost[is_outside] = parts
    return InSrgb(values, beyond, lost)
