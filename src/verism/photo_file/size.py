"""The sizes of photos that can be read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from threading import RLock

from PIL import Image

from verism.errors import VerismError

MIN_SIDE = 32
"""Smallest side of a photo, in pixels: in VGG-19's deepest layers, a side is 1/16 as long."""

MEGAPIXELS = 179.0
"""Size of the largest photo that is read by default, in megapixels: that at which Pillow refuses to read."""

_limit = ContextVar("max_megapixels", default=MEGAPIXELS)
_lock = RLock()


@contextmanager
def limited(megapixels: float) -> Iterator[None]:
    """Within this context, refuse to read larger photos before memory is allocated for them.

    Outside of any such context, the limit is ``MEGAPIXELS``.

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
    """Within this context, make Pillow's limit the same as verism's; afterwards, that of the caller is restored."""
    # One thread at a time: otherwise, a thread could restore the limit that another has set, for good.
    with _lock:
        before = Image.MAX_IMAGE_PIXELS
        # Pillow warns above its limit, and refuses above twice its limit.
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
    """Return the error for a photo that is larger than the limit."""
    return VerismError(
        f"{path}: has more pixels than the safety limit of {_limit.get():g} megapixels; if you trust the file, raise "
        "--data.max_megapixels."
    )
