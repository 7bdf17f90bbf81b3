"""What a page has been asked to do: what runs, what waits for its turn, and what of it was stopped."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from verism.app.watch import StoppedError

DROP = "drop"
"""The kind of work that is done for photos as they are dropped, each time anew."""

FULL = "full"
"""The kind of work that makes a picture in final quality."""

FITS = (DROP, "preview", "regions", "painted", FULL)
"""The kinds of work that make another picture."""

Wait = Callable[[Callable[[], None]], AbstractContextManager[None]]
"""A function that returns a context which is entered when it is the turn of some work; see ``Turns.turn``."""


def directly(check: Callable[[], None]) -> AbstractContextManager[None]:
    """Return a context that is entered at once."""
    del check
    return nullcontext()


class Turns:
    """The work of one open page, from when it is asked for until it has ended.

    Attributes:
        stopping: set to end work in progress.
        is_replaced: whether the work that was stopped last was stopped for other work.
        is_halted: whether the picture that was to be made last was stopped by the user.
        has_lost_full: whether it was one in final quality, which was stopped for other photos, or another method.
    """

    def __init__(self) -> None:
        """Start with nothing to do."""
        self.stopping = threading.Event()
        self.is_replaced = self.is_halted = self.has_lost_full = False
        self._under_way: list[str] = []
        # Of each drop that has not ended, in their order, whether there was anything to do: one without a photo, as
        # when the photo is taken away first, does not end the work of the next.
        self._drops: deque[bool] = deque()
        self._stopped = self._asked = 0
        # Of each drop that has not come to its turn, how many had been asked for when it was begun.
        self._coming: deque[int] = deque()
        # How often the user has stopped what there was; how much work is in its turn or waits for it; and how much of
        # what was stopped has yet to come there.
        self._stops = self._here = self._late = 0

    def begin(self, kind: str, *, is_due: bool = True) -> None:
        """Note that work of some kind was asked for, until ``end`` is called with the same kind.

        Args:
            kind: the kind of the work.
            is_due: whether there is all that it needs; else, there is nothing to do.
        """
        if kind == DROP:
            if not self._drops:
                # Of one that never came, as when the page has lost it, nothing is left to put others out of step.
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
        """Note that such work has ended, of several of one kind the first."""
        was_due = self._drops.popleft() if kind == DROP and self._drops else True
        if was_due and kind in self._under_way:
            self._under_way.remove(kind)

    @contextmanager
    def turn(self, kind: str, wait: Wait = directly) -> Iterator[bool]:
        """Do work within this context, and yield whether it is still to be done, when what was asked before has ended.

        Work on photos that were dropped is not, if others were dropped, or another method was chosen, while it waited.

        Args:
            kind: the kind of the work.
            wait: returns a context that is entered when it is the turn of this work; it calls its argument meanwhile,
                and ends with what that raises.

        Raises:
            StoppedError: the user has stopped this work while it waited.
        """
        came, self._here = self._stops, self._here + 1
        asked = self._coming.popleft() if kind == DROP and self._coming else self._asked
        if self._late:
            # It was stopped on its way here.
            self._late -= 1
            came -= 1

        def check() -> None:
            if self._stops != came:
                raise StoppedError

        try:
            with wait(check):
                # Before the conditions are looked at, so that no stop is missed.
                self.stopping.clear()
                check()
                yield kind != DROP or asked >= self._asked
        finally:
            self._here -= 1
            if self._stops != came:
                self._stopped = max(0, self._stopped - 1)

    @property
    def runs(self) -> str | None:
        """The kind of the work that runs, or is the first to run; None: there is none."""
        return next(iter(self._under_way), None)

    @property
    def is_fitting(self) -> bool:
        """Whether another picture is being made, or is to be."""
        return bool(self.fits)

    @property
    def fits(self) -> list[str]:
        """The kinds of the work that makes another picture, that under way and such that waits, in their order."""
        return [kind for kind in self._under_way if kind in FITS]

    @property
    def has_new_photos(self) -> bool:
        """Whether others are to take the place of the photos, or of the method, that corrections were made for."""
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
        """End the work in progress, as soon as a part or photo is finished, and what waits for its turn.

        Args:
            for_other: work of the kind ``DROP`` takes its place, so that the user need not be told; other kinds that
                wait are still done.
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
        """Note that work of the kind ``DROP`` comes, which takes the place of such that waits."""
        self._asked += 1
