"""Points in long computations at which other code may end them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_CHECK: ContextVar[Callable[[], None] | None] = ContextVar("check", default=None)


@contextmanager
def stopped_by(check: Callable[[], None]) -> Iterator[None]:
    """Let ``may_stop`` call ``check`` within this context and thread; an exception from it ends the computation."""
    token = _CHECK.set(check)
    try:
        yield
    finally:
        _CHECK.reset(token)


def may_stop() -> None:
    """End the computation if requested; call this between parts that take tenths of a second."""
    check = _CHECK.get()
    if check is not None:
        check()
