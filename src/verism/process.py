"""The whole process of a command, which ends without taking Python apart."""

from __future__ import annotations

import atexit
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

UNWRITTEN = 120
"""Python's own exit status if the last of the output cannot be written."""


def process(command: Callable[[], None]) -> NoReturn:
    """Run a command, and end the process with its exit status.

    At its end, Python frees the objects of all modules one by one, which takes as long as importing torch, and which
    the operating system does at once. All else that Python does then is done: threads are waited for, exit handlers
    called, output flushed. An exception other than ``SystemExit`` is left to Python.

    Args:
        command: raises ``SystemExit`` for any other exit status than 0.
    """
    status = 0
    try:
        command()
    except SystemExit as exit_:
        status = _status(exit_.code)
    threading._shutdown()  # type: ignore[attr-defined]
    # What a handler raises has been printed.
    with suppress(Exception):
        atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            status = status or UNWRITTEN
    os._exit(status)


def _status(code: object) -> int:
    """Return the exit status for what ``sys.exit`` was called with; a message is printed, as Python does."""
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    with suppress(OSError, ValueError):
        sys.stderr.write(f"{code}\n")
    return 1
