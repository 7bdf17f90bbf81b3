"""What came of one of many photos, on disk: written by whoever did it, read by whoever waits for it."""

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
    """What came of a photo.

    Attributes:
        digest: hexadecimal SHA-256 of all that decides the result, so that a name alone never stands for it; empty if
            the photo could not be read.
        error: what went wrong, in a sentence; None if nothing did.
    """

    digest: str = ""
    error: str | None = None

    def write(self, path: Path) -> None:
        """Write it, whole or not at all, replacing what stood there; raises ``VerismError`` if that is impossible."""
        atomic.write(path, json.dumps(asdict(self)).encode())

    @classmethod
    def of(cls: type[Kind], do: Callable[[], Kind]) -> Kind:
        """Return what comes of doing something; of whatever it raises, a record with that as its error."""
        try:
            return do()
        except Exception as error:
            return cls(error=in_words(error))

    @classmethod
    def read(cls: type[Kind], path: Path) -> Kind | None:
        """Return the record in a file; None if there is none, or another version's."""
        try:
            found: Any = json.loads(path.read_text(encoding="utf-8"))
            return cls(**found)
        except (OSError, ValueError, TypeError):
            return None

    @staticmethod
    def is_failure(path: Path) -> bool:
        """Return whether a record in a file, of any kind, says that something went wrong."""
        try:
            return json.loads(path.read_text(encoding="utf-8"))["error"] is not None
        except (OSError, ValueError, KeyError):
            return False
