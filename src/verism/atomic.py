"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
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
    # Beside its destination, because a rename is atomic only within one file system.
    draft = path.with_name(f".{path.name}.{os.getpid()}")
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


def check(path: Path) -> None:
    """Raise ``VerismError`` unless ``write`` can put a file there; nothing is left behind."""
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if not folder.is_dir():
        raise VerismError(f"{path}: cannot be written: {folder} is no folder; choose another place.")
    if path.is_dir():
        raise VerismError(f"{path}: cannot be written: it is a folder; choose a name in it.")
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise VerismError(f"{path}: cannot be written ({error.strerror or error}); choose another place.") from error
