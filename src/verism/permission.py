"""The error for a file or a folder that is there, but that its permissions keep from the user."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from verism.errors import VerismError


def check(path: Path) -> None:
    """Raise ``VerismError`` if permissions keep a file from being read, a folder from being listed, or one on the way.

    What does not exist is left to the caller.
    """
    error = denied(path)
    if error is not None:
        raise error


def denied(path: Path) -> VerismError | None:
    """Return the error for what permissions keep from the user, at a path or on the way there; None if nothing is."""
    # It is tried, because access rights beyond the mode, and those of network drives, show only then.
    try:
        if path.is_dir():
            with os.scandir(path):
                return None
        if path.is_file():
            path.open("rb").close()
    except PermissionError:
        return _error(path)
    except (OSError, ValueError):
        # Any other trouble is told by whoever reads it.
        pass
    return None


def _error(path: Path) -> VerismError:
    kind, rights, closed = "file", "r", path
    try:
        if path.is_dir():
            kind, rights = "folder", "rx"
    except PermissionError:
        kind, rights, closed = "folder", "rx", _closed(path)
    what = f"this {kind}" if closed == path else f"the {kind} {closed}"
    remedy = "its owner can give it in its properties, under Security"
    if os.name == "posix":
        is_own = closed.stat().st_uid == os.geteuid()
        command = f"chmod {'u' if is_own else 'a'}+{rights} {shlex.quote(str(closed))}"
        remedy = f"as its owner, give it with {command}" if is_own else f"its owner can give it with {command}"
    return VerismError(f"{path}: permission to read {what} is missing; {remedy}")


def _closed(path: Path) -> Path:
    """Return the folder that keeps from the user what is in it, on the way to a path."""
    for folder in path.parents:
        try:
            folder.stat()
        except PermissionError:
            continue
        return folder
    return path.parent
