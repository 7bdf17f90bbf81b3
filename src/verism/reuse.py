"""What a run leaves to the next one in the same process: the network's weights and measurements of the photos.

Nothing is kept unless code that makes many runs, such as a worker of a sweep, asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

Made = TypeVar("Made")

Kept = dict[str, tuple[Hashable, Any]]
"""For each name, the key and the object that was made last."""

_kept: ContextVar[Kept | None] = ContextVar("_kept", default=None)


@contextmanager
def between_runs(kept: Kept) -> Iterator[None]:
    """Let ``once`` keep what it makes in ``kept``, and reuse what an earlier run made."""
    token = _kept.set(kept)
    try:
        yield
    finally:
        _kept.reset(token)


def once(name: str, key: Hashable, make: Callable[[], Made]) -> Made:
    """Return what ``make`` makes, or what it made last time if the key is the same.

    Args:
        name: name of the object; only the last object of each name is kept, so that memory does not grow.
        key: everything that determines the object.
        make: makes the object; callers must not change it.
    """
    kept = _kept.get()
    if kept is None:
        return make()
    if name not in kept or kept[name][0] != key:
        # Released first, so that both objects are not in memory at once.
        kept.pop(name, None)
        kept[name] = (key, make())
    made: Made = kept[name][1]
    return made
