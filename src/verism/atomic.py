"""Files that are written completely or not at all."""

from __future__ import annotations

import itertools
import os
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from verism.errors import VerismError


def write(path: Path, data: bytes | memoryview, keep: Path | None = None) -> None:
    """Write a file, replacing an existing one; missing folders are created.

    Args:
        path: the file to write.
        data: its whole content.
        keep: path in the same folder to which an existing file at ``path`` is moved; None: it is replaced.

    Raises:
        VerismError: the file cannot be written; an existing file is left unchanged.
    """
    with draft(path) as name, errors_about(path):
        with name.open("wb") as file:
            file.write(data)
            file.flush()
            # After a power failure, the renamed file must not exist without its content.
            os.fsync(file.fileno())
        if keep is not None and path.exists():
            path.replace(keep)
        name.replace(path)


@contextmanager
def draft(path: Path) -> Iterator[Path]:
    """Yield a temporary path next to ``path`` for a file that is written in pieces; ``publish`` renames it.

    A draft that was not renamed is removed at the end. Missing folders are created.

    Raises:
        VerismError: the folder cannot be created.
    """
    # In the same folder, because a rename is atomic only within one file system. The name is short, because the file's
    # own name may already be as long as the file system allows.
    name = path.with_name(f".{uuid.uuid4().hex}.draft")
    with errors_about(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield name
    finally:
        with errors_about(path):
            name.unlink(missing_ok=True)


def publish(name: Path, path: Path) -> None:
    """Rename a finished draft to ``path``, replacing any file there; raise ``VerismError`` if this is impossible."""
    with errors_about(path):
        with name.open("rb+") as file:
            # After a power failure, the renamed file must not exist without its content.
            os.fsync(file.fileno())
        name.replace(path)


@contextmanager
def errors_about(path: Path, kinds: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Turn errors that occur while a file is written into one sentence that names the file.

    Args:
        path: the file that is being written.
        kinds: types of exceptions to turn into a sentence, in addition to ``OSError``.

    Raises:
        VerismError: such an error occurred.
    """
    known: tuple[type[Exception], ...] = (OSError, *kinds)
    try:
        yield
    except known as error:
        reason = getattr(error, "strerror", None) or error
        raise VerismError(f"{path}: cannot be written ({reason}).") from error


def check(path: Path) -> None:
    """Raise ``VerismError`` unless ``write`` can write a file there; leave nothing behind."""
    try:
        if path.is_dir():
            raise VerismError(f"{path}: cannot be written: it is a folder; choose a name in it.")
        folder, names = path.parent, [path.name]
        while not folder.exists():
            names.append(folder.name)
            folder = folder.parent
        if not folder.is_dir():
            raise VerismError(f"{path}: cannot be written: {folder} is not a folder; choose another place.")
        # Under another name, so that another process of this run, which checks whether the file exists, does not see
        # it.
        apart = folder / f".{uuid.uuid4().hex}.draft"
        apart.mkdir()
        try:
            for name in dict.fromkeys(names):
                _probe(apart / name)
        finally:
            apart.rmdir()
    except OSError as error:
        raise VerismError(f"{path}: cannot be written ({error.strerror or error}); choose another place.") from error


def check_absent(path: Path, *, replace: bool, remedy: str) -> None:
    """Raise ``VerismError`` if there is a file that must not be replaced.

    Args:
        path: the file.
        replace: whether it may be replaced.
        remedy: what the user can do, as in "choose another path".
    """
    if path.exists() and not replace:
        raise VerismError(f"{path}: exists already; {remedy}.")


def free_name(path: Path, ours: Collection[Path] = (), is_taken: Callable[[Path], bool] | None = None) -> Path:
    """Return ``path``, or the first of ``path-2``, ``path-3``, … at which there is neither a file nor a page.

    Args:
        path: the preferred name.
        ours: absolute paths of files that may be replaced, so their names count as free.
        is_taken: whether an otherwise free name is in use elsewhere; None: it is not.
    """

    def is_free(file: Path) -> bool:
        return not file.exists() or file.resolve() in ours

    names = itertools.chain([path], (path.with_stem(f"{path.stem}-{number}") for number in itertools.count(2)))
    free = (name for name in names if is_free(name) and is_free(name.with_suffix(".html")))
    return next(name for name in free if is_taken is None or name.resolve() in ours or not is_taken(name))


def _probe(file: Path) -> None:
    """Create and remove a file: only the file system itself knows which names, and of what length, it accepts."""
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    file.unlink()


def claim(path: Path) -> bool:
    """Create an empty file unless it already exists; return whether this process created it.

    Raises:
        VerismError: it cannot be created.
    """
    with errors_about(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        except FileExistsError:
            return False
    return True
