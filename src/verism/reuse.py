"""What a run leaves to the next one in the same process: the network's weights, figures of the photos.

Nothing is kept unless somebody who makes many runs, such as a worker of a sweep, asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

Made = TypeVar("Made")

Kept = dict[str, tuple[Hashable, Any]]
"""For each name, the key and the thing that was made last."""

_kept: ContextVar[Kept | None] = ContextVar("_kept", default=None)


@contextmanager
def between_runs(kept: Kept) -> Iterator[None]:
    """Have ``once`` keep what it makes in ``kept``, and take from there what an earlier run has made."""
    token = _kept.set(kept)
    try:
        yield
    finally:
        _kept.reset(token)


def once(name: str, key: Hashable, make: Callable[[], Made]) -> Made:
    """Return what ``make`` makes, or what it made the last time if that was for the same key.

    Args:
        name: what is made; only the last of each name is kept, so that memory does not grow.
        key: everything that decides what ``make`` makes.
        make: makes it; whoever gets it must not change it.
    """
    kept = _kept.get()
    if kept is None:
        return make()
    if name not in kept or kept[name][0] != key:
        # Let go of first, so that the two are not in memory together.
        kept.pop(name, None)
        kept[name] = (key, make())
    made: Made = kept[name][1]
    return made
