"""A progress bar of work that is done elsewhere, and of which only the results are counted."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm


@contextmanager
def progress(total: int, label: str, unit: str, count: Callable[[], tuple[int, int]]) -> Iterator[None]:
    """Show a progress bar within this context.

    Args:
        total: number of units of work.
        label: label of the bar, such as "Runs".
        unit: name of a unit of work, such as "run".
        count: returns how many units have ended by now, and how many of these failed; called in a thread, about once a
            second.
    """
    done = threading.Event()

    def watch(bar: tqdm[None]) -> None:
        while True:
            last = done.wait(1)
            ended, failed = count()
            if ended > bar.n:
                bar.set_postfix_str(f"{failed} failed" if failed else "", refresh=False)
                bar.update(ended - bar.n)
            elif sys.stderr.isatty():
                bar.refresh()
            if last:
                return

    with tqdm(total=total, desc=label, unit=unit) as bar:
        watcher = threading.Thread(target=watch, args=(bar,), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()
