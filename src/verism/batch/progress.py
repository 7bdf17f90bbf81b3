"""Shows progress on many photos, frames or runs: a bar on a terminal, elsewhere a line from time to time."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

from tqdm import tqdm

from verism.lines import Lines, duration


class Bar:
    """Counts completed units of work and shows how long the others will take, within its context.

    Attributes:
        done: number of completed units.
    """

    def __init__(self, total: int | None, label: str, unit: str) -> None:
        """Start counting.

        Args:
            total: number of units of work; None if it is unknown.
            label: what is counted, such as "Runs".
            unit: name of a unit of work, such as "run".
        """
        self.done = 0
        self._total, self._label = total, label
        self._begun, self._lines = time.monotonic(), Lines()
        self._bar = tqdm(total=total, desc=label, unit=unit) if sys.stderr.isatty() else None

    def __enter__(self) -> Bar:
        """Return the bar, which is already shown."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the bar in its final state."""
        if self._bar is not None:
            self._bar.close()

    def update(self, units: int = 1, failed: int = 0) -> None:
        """Count completed units.

        Args:
            units: number of newly completed units; 0: only update the time.
            failed: how many of all completed units have failed.
        """
        self.done += units
        if self._bar is None:
            self._say(failed)
        elif units:
            self._bar.set_postfix_str(f"{failed} failed" if failed else "", refresh=False)
            self._bar.update(units)
        else:
            self._bar.refresh()

    def _say(self, failed: int) -> None:
        left = None
        if self._total is not None and self.done:
            left = (time.monotonic() - self._begun) / self.done * (self._total - self.done)
        if not self._lines.due(left):
            return
        said = [f"{self._label}: {self.done}" + ("" if self._total is None else f" of {self._total}")]
        said += [f"{failed} failed"] if failed else []
        said += [f"{duration(left)} left"] if left else []
        sys.stderr.write(f"{', '.join(said)}\n")


@contextmanager
def progress(total: int, label: str, unit: str, count: Callable[[], tuple[int, int]]) -> Iterator[None]:
    """Show within this context the progress of work done elsewhere, by counting its results.

    Args:
        total: number of units of work.
        label: what is counted, such as "Runs".
        unit: name of a unit of work, such as "run".
        count: returns how many units have ended so far, and how many of these failed; called in a thread, about once
            per second.
    """
    end = threading.Event()

    def watch(bar: Bar) -> None:
        while True:
            last = end.wait(1)
            ended, failed = count()
            bar.update(max(0, ended - bar.done), failed)
            if last:
                return

    with Bar(total, label, unit) as bar:
        watcher = threading.Thread(target=watch, args=(bar,), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            end.set()
            watcher.join()
