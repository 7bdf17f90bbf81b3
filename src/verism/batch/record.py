"""The outcome for one of many photos, as a file, which a worker writes and the command reads."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from verism import atomic
from verism.errors import in_words

Kind = TypeVar("Kind", bound="Record")


@dataclass(frozen=True)
class Record:
    """The outcome for a photo.

    Attributes:
        digest: hexadecimal SHA-256 of everything that decides the result, so that a record is never taken for that of
            another file of the same name; empty if the photo could not be read.
        error: what went wrong, in a sentence; None if nothing did.
    """

    digest: str = ""
    error: str | None = None

    def write(self, path: Path) -> None:
        """Write the record, whole or not at all, replacing any existing file; raise ``VerismError`` if that fails."""
        atomic.write(path, json.dumps(asdict(self)).encode())

    @classmethod
    def of(cls: type[Kind], do: Callable[[], Kind]) -> Kind:
        """Return the record that ``do`` returns; if it raises an exception, a record with that as its error."""
        try:
            return do()
        except Exception as error:
            return cls(error=in_words(error))

    @classmethod
    def read(cls: type[Kind], path: Path) -> Kind | None:
        """Return the record in a file; None if there is none, or it has other fields than this class."""
        try:
            found: Any = json.loads(path.read_text(encoding="utf-8"))
            return cls(**found)
        except (OSError, ValueError, TypeError):
            return None

    @staticmethod
    def of_any_kind(path: Path) -> Record | None:
        """Return what every record says, from the record in a file, of any kind; None if there is none."""
        try:
            found: Any = json.loads(path.read_text(encoding="utf-8"))
            return Record(found["digest"], found["error"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    @staticmethod
    def is_failure(path: Path) -> bool:
        """Return whether a record in a file, of any kind, says that something went wrong."""
        record = Record.of_any_kind(path)
        return record is not None and record.error is not None
