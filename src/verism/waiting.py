"""Shows a line on the terminal while a command starts, and removes it before anything else is printed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

STARTING = "Starting …"
"""Shown while a command's modules are imported, which takes seconds."""


@contextmanager
def waiting(text: str) -> Iterator[None]:
    """Show a line on stderr within this context, which must not print anything else; without a terminal, show nothing.

    Args:
        text: what is being done; shorter than a line.
    """
    if not sys.stderr.isatty():
        yield
        return
    sys.stderr.write(text)
    sys.stderr.flush()
    try:
        yield
    finally:
        # Overwritten with spaces, which any terminal supports.
        sys.stderr.write(f"\r{' ' * len(text)}\r")
        sys.stderr.flush()
