"""A line on the terminal while a command gets ready, which goes before anything else is said."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

STARTING = "Starting …"
"""What is shown while a command's modules are imported, which takes seconds."""


@contextmanager
def waiting(text: str) -> Iterator[None]:
    """Show a line on stderr within this context, in which nothing else is printed; without a terminal, show nothing.

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
        # Spaces in its place, which any terminal understands.
        sys.stderr.write(f"\r{' ' * len(text)}\r")
        sys.stderr.flush()
