"""Sizes of photos that are read."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from verism.errors import VerismError

MIN_SIDE = 32
"""The shortest side, in pixels, of a photo: VGG-19's deepest layers see 1/16 of it."""

MEGAPIXELS = 179.0
"""The largest photo that is read unless the user allows more: Pillow's own limit."""


def limit(megapixels: float) -> None:
    """Have this process refuse larger photos, before memory is allocated for them.

    Raises:
        VerismError: the limit is not above 0.
    """
    if not megapixels > 0:
        raise VerismError(f"--data.max_megapixels {megapixels}: must be above 0.")
    # Pillow warns from its limit on, and refuses twice as many.
    Image.MAX_IMAGE_PIXELS = max(1, int(megapixels * 1e6 / 2))


def check_size(path: Path | str, width: int, height: int) -> None:
    """Check the size of a photo, which ``path`` names.

    Raises:
        Image.DecompressionBombError: it exceeds the process's limit.
        VerismError: it is too small.
    """
    if Image.MAX_IMAGE_PIXELS is not None and width * height > 2 * Image.MAX_IMAGE_PIXELS:
        raise Image.DecompressionBombError
    if min(width, height) < MIN_SIDE:
        raise VerismError(f"{path}: {width}×{height} pixels are too few; a photo needs at least {MIN_SIDE} a side.")
