"""Where the work of all open pages is done, one at a time, because each piece of it uses all cores."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from verism.app.session import Session

WAITING_FOR_OTHER = "Waiting for the other window"
"""Said while the work of another page is done."""

WAITING = "Waiting for the run before to end"
"""Said while other work of the same page is done."""

GLANCE_S = 0.1
"""Seconds between two looks at whether it is one's turn, or one was stopped."""


class Desk:
    """A place where one piece of work is done at a time, in the order in which it comes."""

    def __init__(self) -> None:
        """Start with nothing to do."""
        self._line: list[tuple[object, Session]] = []
        self._changed = threading.Condition()

    @contextmanager
    def place(self, session: Session, say: Callable[[str], object], check: Callable[[], None]) -> Iterator[None]:
        """Do work within this context, when all that came before has ended.

        Args:
            session: whose work it is.
            say: called with what is waited for, when it is waited for.
            check: called while waiting; what it raises ends the waiting.
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
