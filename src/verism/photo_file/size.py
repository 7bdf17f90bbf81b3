"""Limits on the size of photos."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from threading import RLock

from PIL import Image

from verism.errors import VerismError

MIN_SIDE = 32
"""Minimum side of a photo, in pixels. In VGG-19's deepest layers, a side is 1/16 as long."""

MEGAPIXELS = 179.0
"""Default maximum size of a photo, in megapixels: the size at which Pillow refuses to read."""

_limit = ContextVar("max_megapixels", default=MEGAPIXELS)
_lock = RLock()


@contextmanager
def limited(megapixels: float) -> Iterator[None]:
    """Within this context, reject larger photos before memory is allocated for them.

    Outside any such context, the limit is ``MEGAPIXELS``.

    Raises:
        VerismError: if the limit is not above 0.
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
    """Within this context, set Pillow's limit to that of verism. Afterwards, the caller's limit is restored."""
    # One thread at a time: otherwise, a thread could permanently restore a limit set by another thread.
    with _lock:
        before = Image.MAX_IMAGE_PIXELS
        # Pillow warns above its limit, and refuses above twice its limit.
        Image.MAX_IMAGE_PIXELS = max(1, int(_limit.get() * 1e6 / 2))
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = before


def check_size(path: Path | str, width: int, height: int) -> None:
    """Raise ``VerismError`` if a photo, named by ``path``, is too large or too small."""
    if width * height > _limit.get() * 1e6:
        raise too_large(path)
    if min(width, height) < MIN_SIDE:
        raise VerismError(
            f"{path}: {width}×{height} pixels are too few; a photo needs at least {MIN_SIDE} on each side."
        )


def too_large(path: Path | str) -> VerismError:
    """Return the error for a photo that exceeds the limit."""
    return VerismError(
        f"{path}: has more pixels than the safety limit of {_limit.get():g} megapixels; if you trust the file, raise "
        "--data.max_megapixels."
    )
