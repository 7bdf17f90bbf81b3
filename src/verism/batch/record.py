"""The outcome for one of many photos, as a file that a worker writes and the command reads."""

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
    """The outcome for one photo.

    Attributes:
        digest: hexadecimal SHA-256 of everything that determines the result, so that a record is never mistaken for
            that of another file of the same name; empty if the photo could not be read.
        error: what went wrong, as a sentence; None if nothing did.
    """

    digest: str = ""
    error: str | None = None

    def write(self, path: Path) -> None:
        """Write the record atomically, replacing any existing file; raise ``VerismError`` if this fails."""
        atomic.write(path, json.dumps(asdict(self)).encode())

    @classmethod
    def of(cls: type[Kind], do: Callable[[], Kind]) -> Kind:
        """Return the record that ``do`` returns; if it raises an exception, a record with that error."""
        try:
            return do()
        except Exception as error:
            return cls(error=in_words(error))

    @classmethod
    def read(cls: type[Kind], path: Path) -> Kind | None:
        """Return the record in a file; None if there is none, or if its fields differ from those of this class."""
        try:
            found: Any = json.loads(path.read_text(encoding="utf-8"))
            return cls(**found)
        except (OSError, ValueError, TypeError):
            return None

    @staticmethod
    def of_any_kind(path: Path) -> Record | None:
        """Return the fields common to all records from a file with a record of any kind; None if there is none."""
        try:
            found: Any = json.loads(path.read_text(encoding="utf-8"))
            return Record(found["digest"], found["error"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    @staticmethod
    def is_failure(path: Path) -> bool:
        """Return whether the record in a file, of any kind, reports an error."""
        record = Record.of_any_kind(path)
        return record is not None and record.error is not None
