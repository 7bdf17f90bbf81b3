"""Runs a command as the whole process, and ends it without tearing down the Python interpreter."""

from __future__ import annotations

import atexit
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

UNWRITTEN = 120
"""Python's own exit status if the last output cannot be written."""


def process(command: Callable[[], None]) -> NoReturn:
    """Run a command and end the process with its exit status.

    On exit, Python frees the objects of all modules one by one. This takes as long as importing torch, and the
    operating system does it at once. Everything else that Python does on exit is still done: threads are joined, exit
    handlers called and output flushed. An exception other than ``SystemExit`` is left to Python.

    Args:
        command: raises ``SystemExit`` for any exit status other than 0.
    """
    status = 0
    try:
        command()
    except SystemExit as exit_:
        status = _status(exit_.code)
    threading._shutdown()  # type: ignore[attr-defined]
    # An exception in a handler has already been printed.
    with suppress(Exception):
        atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            status = status or UNWRITTEN
    os._exit(status)


def _status(code: object) -> int:
    """Return the exit status for the argument of ``sys.exit``; a message is printed, as Python does."""
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    with suppress(OSError, ValueError):
        sys.stderr.write(f"{code}\n")
    return 1
