"""Places in long computations at which somebody else may end them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_CHECK: ContextVar[Callable[[], None] | None] = ContextVar("check", default=None)


@contextmanager
def stopped_by(check: Callable[[], None]) -> Iterator[None]:
    """Have ``may_stop`` call ``check`` within this context, in this thread; what that raises ends the computation."""
    token = _CHECK.set(check)
    try:
        yield
    finally:
        _CHECK.reset(token)


def may_stop() -> None:
    """End the computation, if somebody wants that: to be called between parts that take tenths of a second."""
    check = _CHECK.get()
    if check is not None:
        check()
