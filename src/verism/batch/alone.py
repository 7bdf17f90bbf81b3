"""Locks a folder so that only one command works in it at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from verism.errors import VerismError


@contextmanager
def alone_in(folder: Path, option: str, command: str, notes: Path | None = None) -> Iterator[None]:
    """Create a folder and lock it against other commands of the same kind within this context.

    Args:
        folder: the folder to work in, for messages; it is created only if ``notes`` is None.
        option: the option that names it, such as "--output".
        command: the kind of command, such as "sweep".
        notes: the folder that is created and holds the lock; None: ``folder``.

    Raises:
        VerismError: the folder cannot be created, or another such command is working in it.
    """
    place = notes or folder
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise VerismError(f"{option} {folder}: the folder cannot be made ({error.strerror}).") from error
    lock = FileLock(place / ".lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise VerismError(f"{folder}: another {command} is at work there; wait, or choose another {option}.") from error
    try:
        yield
    finally:
        lock.release()
