"""A bar of what has ended, read off its records: who does it, and where, is not known here."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm


@contextmanager
def progress(total: int, label: str, unit: str, count: Callable[[], tuple[int, int]]) -> Iterator[None]:
    """Show a bar while something is done elsewhere.

    Args:
        total: how much there is to do.
        label: what is done, such as "Runs".
        unit: of what is counted, such as "run".
        count: returns how much has ended by now, and how much of that failed; called about once a second.
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
