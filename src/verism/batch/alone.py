"""A folder that only one command works in at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from verism.errors import VerismError


@contextmanager
def alone_in(folder: Path, option: str, command: str, notes: Path | None = None) -> Iterator[None]:
    """Make a folder, and keep other commands of the same kind out of it meanwhile.

    Args:
        folder: to work in.
        option: that names it, such as "--output".
        command: such as "sweep".
        notes: the folder with the lock; None: the same.

    Raises:
        VerismError: the folder cannot be made, or such a command is at work in it.
    """
    place = notes or folder
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise VerismError(f"{option} {folder}: cannot be made a folder ({error.strerror}).") from error
    lock = FileLock(place / ".lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise VerismError(f"{folder}: another {command} is at work there; wait, or give {option}.") from error
    try:
        yield
    finally:
        lock.release()
