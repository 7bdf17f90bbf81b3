"""The work that a page has requested: what is running, what is waiting, and what was stopped."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from verism.app.watch import StoppedError

DROP = "drop"
"""The kind of work that is done when photos are dropped, each time anew."""

FULL = "full"
"""The kind of work that makes a picture in final quality."""

FITS = (DROP, "preview", "regions", "painted", FULL)
"""The kinds of work that make another picture."""

Wait = Callable[[Callable[[], None]], AbstractContextManager[None]]
"""A function that returns a context which is entered when it is the work's turn. See ``Turns.turn``."""


def directly(check: Callable[[], None]) -> AbstractContextManager[None]:
    """Return a context that is entered at once."""
    del check
    return nullcontext()


class Turns:
    """The work of one open page, from request to completion.

    Attributes:
        stopping: set to end the running work.
        is_replaced: whether the work stopped last was stopped to make way for other work.
        is_halted: whether the user stopped the last picture.
        has_lost_full: whether a final-quality picture was stopped by new photos or another method.
    """

    def __init__(self) -> None:
        """Start without any work."""
        self.stopping = threading.Event()
        self.is_replaced = self.is_halted = self.has_lost_full = False
        self._under_way: list[str] = []
        # For each unfinished drop, in order, whether there was anything to do. A drop without a photo, as when the
        # photo is removed first, does not end the work of the next drop.
        self._drops: deque[bool] = deque()
        self._stopped = self._asked = 0
        # For each drop still waiting for its turn, how many had been requested when it began.
        self._coming: deque[int] = deque()
        # How often the user has stopped everything; how much work is running or waiting; and how much stopped work
        # has not yet reached its turn.
        self._stops = self._here = self._late = 0

    def begin(self, kind: str, *, is_due: bool = True) -> None:
        """Record that work of some kind was requested, until ``end`` is called with the same kind.

        Args:
            kind: the kind of the work.
            is_due: whether everything that it needs is present. If not, there is nothing to do.
        """
        if kind == DROP:
            if not self._drops:
                # Discard drops that never arrived, as when the page lost them, so that the others stay in step.
                self._coming.clear()
            self._drops.append(is_due)
            self._coming.append(self._asked)
        if not is_due:
            return
        self.is_halted = self.has_lost_full = False
        if not self._under_way:
            self._stopped = self._late = 0
        if kind == DROP or kind not in self._under_way:
            self._under_way.append(kind)

    def end(self, kind: str) -> None:
        """Record that work of this kind has ended; if there are several, the first of them."""
        was_due = self._drops.popleft() if kind == DROP and self._drops else True
        if was_due and kind in self._under_way:
            self._under_way.remove(kind)

    @contextmanager
    def turn(self, kind: str, wait: Wait = directly) -> Iterator[bool]:
        """Enter this context when earlier work has ended, and yield whether the work should still be done.

        Work on dropped photos is no longer needed if other photos were dropped, or another method was selected, while
        it waited.

        Args:
            kind: the kind of the work.
            wait: returns a context that is entered when it is this work's turn. Until then, it calls its argument
                repeatedly, and ends with any exception that this raises.

        Raises:
            StoppedError: if the user stopped this work while it waited.
        """
        came, self._here = self._stops, self._here + 1
        asked = self._coming.popleft() if kind == DROP and self._coming else self._asked
        if self._late:
            # It was stopped before it arrived here.
            self._late -= 1
            came -= 1

        def check() -> None:
            if self._stops != came:
                raise StoppedError

        try:
            with wait(check):
                # Before the conditions are checked, so that no stop is missed.
                self.stopping.clear()
                check()
                yield kind != DROP or asked >= self._asked
        finally:
            self._here -= 1
            if self._stops != came:
                self._stopped = max(0, self._stopped - 1)

    @property
    def runs(self) -> str | None:
        """The kind of the running work, or of the first in line. None if there is none."""
        return next(iter(self._under_way), None)

    @property
    def is_fitting(self) -> bool:
        """Whether another picture is being made, or is about to be."""
        return bool(self.fits)

    @property
    def fits(self) -> list[str]:
        """The kinds of running and waiting work that make another picture, in order."""
        return [kind for kind in self._under_way if kind in FITS]

    @property
    def has_new_photos(self) -> bool:
        """Whether new photos or another method are about to replace those that the corrections were made for."""
        return DROP in self._under_way

    @property
    def is_busy(self) -> bool:
        """Whether there is work that ``stop`` would end."""
        return bool(self._under_way)

    @property
    def is_stopping(self) -> bool:
        """Whether the user has stopped work that has not ended yet."""
        return self.is_busy and self._stopped > 0

    def stop(self, *, for_other: bool = False) -> None:
        """End the running work, once its current part or photo is finished, and cancel what is waiting.

        Args:
            for_other: work of the kind ``DROP`` replaces it, so the user need not be told. Other waiting work is still
                done.
        """
        self.is_replaced = for_other
        if for_other:
            self.ask()
        else:
            self._stopped = len(self._under_way)
            self._late = max(0, self._stopped - self._here)
            self._stops += 1
        self.stopping.set()

    def ask(self) -> None:
        """Record that work of the kind ``DROP`` is coming, which replaces waiting work of that kind."""
        self._asked += 1
