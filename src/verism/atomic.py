"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from verism.errors import VerismError


def write(path: Path, data: bytes | memoryview, keep: Path | None = None) -> None:
    """Write a file, replacing what stood there; missing folders are made.

    Args:
        path: of the file.
        data: all of it.
        keep: in the same folder, where what stood at ``path`` goes; None: it is gone.

    Raises:
        VerismError: the file cannot be written; what stood there is left as it was.
    """
    # Beside its destination, because a rename is atomic only within one file system. Its name is short, because that of
    # the file may be as long as a name can be.
    draft = path.with_name(f".{uuid.uuid4().hex}.draft")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with draft.open("wb") as file:
                file.write(data)
                file.flush()
                # A rename that outlives a power cut must not be of a file that did not.
                os.fsync(file.fileno())
            if keep is not None and path.exists():
                path.replace(keep)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise VerismError(f"{path}: cannot be written ({error.strerror or error}).") from error


@contextmanager
def draft(path: Path) -> Iterator[Path]:
    """Yield a name beside ``path`` for a file that is too large to be written at once; ``publish`` gives it its own.

    What still has that name at the end is removed. Missing folders are made.

    Raises:
        VerismError: the folder cannot be made.
    """
    name = path.with_name(f".{uuid.uuid4().hex}.draft")
    with sentence(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield name
    finally:
        name.unlink(missing_ok=True)


def publish(name: Path, path: Path) -> None:
    """Give a whole draft its own name, replacing what stood there; raise ``VerismError`` if that is impossible."""
    with sentence(path):
        with name.open("rb+") as file:
            # A rename that outlives a power cut must not be of a file that did not.
            os.fsync(file.fileno())
        name.replace(path)


@contextmanager
def sentence(path: Path, kinds: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Say of errors while a file is written that it cannot be: of the system's, and of further ``kinds``.

    Raises:
        VerismError: there was one.
    """
    known: tuple[type[Exception], ...] = (OSError, *kinds)
    try:
        yield
    except known as error:
        reason = getattr(error, "strerror", None) or error
        raise VerismError(f"{path}: cannot be written ({reason}).") from error


def check(path: Path) -> None:
    """Raise ``VerismError`` unless ``write`` can put a file there; nothing is left behind."""
    try:
        if path.is_dir():
            raise VerismError(f"{path}: cannot be written: it is a folder; choose a name in it.")
        folder, names = path.parent, [path.name]
        while not folder.exists():
            names.append(folder.name)
            folder = folder.parent
        if not folder.is_dir():
            raise VerismError(f"{path}: cannot be written: {folder} is not a folder; choose another place.")
        for name in (f".{uuid.uuid4().hex}.draft", *dict.fromkeys(names)):
            _try(folder / name)
    except OSError as error:
        raise VerismError(f"{path}: cannot be written ({error.strerror or error}); choose another place.") from error


def check_absent(path: Path, *, replace: bool, remedy: str) -> None:
    """Raise ``VerismError`` if there is a file that must not be replaced.

    Args:
        path: of the file.
        replace: whether it may be replaced.
        remedy: what the user can do, as in "choose another path".
    """
    if path.exists() and not replace:
        raise VerismError(f"{path}: exists already; {remedy}.")


def _try(file: Path) -> None:
    """Make a file and remove it: what a file system takes as a name, and how long it can be, only it knows."""
    with suppress(FileExistsError):
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        file.unlink()


def claim(path: Path) -> bool:
    """Make an empty file, unless there is one; return whether this process made it.

    Raises:
        VerismError: it cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise VerismError(f"{path}: cannot be written ({error.strerror or error}).") from error
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    except FileExistsError:
        return False
    except OSError as error:
        raise VerismError(f"{path}: cannot be written ({error.strerror or error}).") from error
    return True
