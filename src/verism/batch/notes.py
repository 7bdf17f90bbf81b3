"""Records of a command in its results folder, so that a repeated command only does what is new."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from verism.batch.record import Record
from verism.data.source import digest

NAME = ".done"
"""Name of the folder with the records, next to the results."""


@dataclass(frozen=True)
class Notes:
    """The records of a command; they can be sent to workers.

    Attributes:
        folder: the folder of the results.
        made_by: text of everything that determines the results besides the photos: the look and the options.
    """

    folder: Path
    made_by: str

    def record(self, result: Path) -> Path:
        """Return the file for the outcome of a photo, given the path of its result."""
        return self.folder / NAME / f"{result.name}.json"

    @property
    def log(self) -> Path:
        """The file for the output of workers on this machine."""
        return self.folder / NAME / "log.txt"

    def digest(self, photo: Path) -> str:
        """Return the SHA-256 of everything that determines a photo's result; raise ``VerismError`` if unreadable."""
        return hashlib.sha256(f"{digest(photo)} {self.made_by}".encode()).hexdigest()

    def has(self, photo: Path, result: Path) -> bool:
        """Return whether a photo's result exists as it would be made now, even if the user has edited it since."""
        record = Record.of_any_kind(self.record(result))
        if record is None or record.error is not None or not (result.is_file() and photo.is_file()):
            return False
        return record.digest == self.digest(photo)

    def note(self, file: Path) -> None:
        """Record that the command has written a file next to the results, such as their contact sheet."""
        Record(digest(file)).write(self._own(file))

    def is_own(self, file: Path, results: Collection[Path]) -> bool:
        """Return whether the command wrote a file that is unchanged since and shows only these results.

        Args:
            file: a sheet or a table of results.
            results: paths of the results that a new file would show.
        """
        record = Record.read(self._own(file))
        if record is None or not file.is_file() or record.digest != digest(file):
            return False
        names = {result.name for result in results}
        noted = (path.name.removesuffix(".json") for path in (self.folder / NAME).glob("*.json"))
        return all(name in names or not (self.folder / name).exists() for name in noted)

    def _own(self, file: Path) -> Path:
        return self.folder / NAME / "own" / f"{file.name}.json"
