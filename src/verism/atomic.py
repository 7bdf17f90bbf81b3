"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from verism.errors import VerismError


def write(path: Path, data: bytes) -> None:
    """Write a file, replacing what stood there; missing folders are made.

    Raises:
        VerismError: the file cannot be written; what stood there is left as it was.
    """
    # Beside its destination, because a rename is atomic only within one file system.
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            draft.write_bytes(data)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise VerismError(f"{path}: cannot be written ({error.strerror or error}).") from error
