"""Sizes of photos that are read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from threading import RLock

from PIL import Image

from verism.errors import VerismError

MIN_SIDE = 32
"""The shortest side, in pixels, of a photo: VGG-19's deepest layers see 1/16 of it."""

MEGAPIXELS = 179.0
"""The largest photo that is read unless the user allows more: Pillow's own limit."""

_limit = ContextVar("max_megapixels", default=MEGAPIXELS)
_lock = RLock()


@contextmanager
def limited(megapixels: float) -> Iterator[None]:
    """Within, refuse to read larger photos, before memory is allocated for them; elsewhere, ``MEGAPIXELS`` holds.

    Raises:
        VerismError: the limit is not above 0.
    """
    if not megapixels > 0:
        raise VerismError(f"--data.max_megapixels {megapixels}: must be above 0.")
    token = _limit.set(megapixels)
    try:
        yield
    finally:
        _limit.reset(token)


@contextmanager
def pillow_limited() -> Iterator[None]:
    """Within, have Pillow refuse what is above the limit, and no less; its own is the caller's, and comes back."""
    # One thread at a time: another's would come back otherwise, and stay.
    with _lock:
        before = Image.MAX_IMAGE_PIXELS
        # Pillow warns from its limit on, and refuses twice as many.
        Image.MAX_IMAGE_PIXELS = max(1, int(_limit.get() * 1e6 / 2))
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = before


def check_size(path: Path | str, width: int, height: int) -> None:
    """Raise ``VerismError`` if a photo, which ``path`` names, is too large or too small."""
    if width * height > _limit.get() * 1e6:
        raise too_large(path)
    if min(width, height) < MIN_SIDE:
        raise VerismError(
            f"{path}: {width}×{height} pixels are too few; a photo needs at least {MIN_SIDE} on each side."
        )


def too_large(path: Path | str) -> VerismError:
    """Return what is said of a photo above the limit."""
    return VerismError(
        f"{path}: has more pixels than the safety limit of {_limit.get():g} megapixels; if you trust the file, raise "
        "--data.max_megapixels."
    )
