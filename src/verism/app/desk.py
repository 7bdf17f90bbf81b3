"""Runs the work of all open pages one at a time, because each piece of work uses all cores."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from verism.app.session import Session

WAITING_FOR_OTHER = "Waiting for the other window"
"""Status shown while the work of another page runs."""

WAITING = "Waiting for the run before to end"
"""Status shown while other work of the same page runs."""

GLANCE_S = 0.1
"""Polling interval, in seconds, while waiting for the turn or a stop."""


class Desk:
    """Runs one piece of work at a time, in order of arrival."""

    def __init__(self) -> None:
        """Start with an empty queue."""
        self._line: list[tuple[object, Session]] = []
        self._changed = threading.Condition()

    @contextmanager
    def place(self, session: Session, say: Callable[[str], object], check: Callable[[], None]) -> Iterator[None]:
        """Enter this context once all earlier work has ended, and do the work within it.

        Args:
            session: the session that the work belongs to.
            say: called with the reason for waiting, if any.
            check: called while waiting. An exception ends the wait.
        """
        ticket = object()
        with self._changed:
            self._line.append((ticket, session))
        said = ""
        try:
            while True:
                check()
                with self._changed:
                    first, other = self._line[0]
                    if first is ticket:
                        break
                    self._changed.wait(GLANCE_S)
                what = WAITING if other is session else WAITING_FOR_OTHER
                if what != said:
                    say(what)
                    said = what
            yield
        finally:
            with self._changed:
                self._line.remove((ticket, session))
                self._changed.notify_all()
