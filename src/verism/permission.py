"""The error for a file or folder that exists but that the user has no permission to read."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from verism.errors import VerismError


def check(path: Path) -> None:
    """Raise ``VerismError`` if permissions prevent reading a file, listing a folder or entering one of its parents.

    The caller handles paths that do not exist.
    """
    error = denied(path)
    if error is not None:
        raise error


def denied(path: Path) -> VerismError | None:
    """Return the error for missing permissions at a path or on the way to it; None if there are none missing."""
    # By trial, because access rights beyond the mode, and those of network drives, only show then.
    try:
        if path.is_dir():
            with os.scandir(path):
                return None
        if path.is_file():
            path.open("rb").close()
    except PermissionError:
        return _error(path)
    except (OSError, ValueError):
        # The code that reads it reports any other problem.
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
    """Return the folder on the way to a path whose permissions hide its contents from the user."""
    for folder in path.parents:
        try:
            folder.stat()
        except PermissionError:
            continue
        return folder
    return path.parent
