"""The folder of a series: its results, its look, and what is known of both, so that an interrupted series goes on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from verism import atomic, photo_file
from verism.api import FittedRun
from verism.batch.table import NAME as TABLE
from verism.errors import VerismError
from verism.look import look_file
from verism.photo_file import Photo

LOOK, SHEET = "look.safetensors", "sheet.jpg"
"""Files beside the results: the look, for other photos and programs; before and after, on one sheet."""


@dataclass(frozen=True)
class Folder:
    """A folder with the results of one series.

    Attributes:
        path: of the folder.
    """

    path: Path

    @property
    def look(self) -> Path:
        """The look as a lookup table."""
        return self.path / LOOK

    @property
    def table(self) -> Path:
        """What was done and what failed."""
        return self.path / TABLE

    @property
    def sheet(self) -> Path:
        """Before and after."""
        return self.path / SHEET

    @property
    def notes(self) -> Path:
        """A folder of its own for what the series has to remember."""
        return self.path / ".series"

    @property
    def fitted_to(self) -> Path:
        """The photos that the look was fitted to, in one picture."""
        return self.notes / "fitted_to.png"

    @property
    def log(self) -> Path:
        """What workers on this machine print."""
        return self.notes / "log.txt"

    def record(self, result: Path, kind: str) -> Path:
        """Return the file that says what came of a photo.

        Args:
            result: of the photo.
            kind: of what was done, such as "photo".
        """
        return self.notes / kind / f"{result.name}.json"

    def ours(self) -> set[str]:
        """Return the names of files that this series has written, or was about to."""
        try:
            return set(json.loads((self.notes / "names.json").read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return set()

    def claim(self, results: Sequence[Path]) -> None:
        """Remember which files are this series' own, before the first of them is written.

        Raises:
            VerismError: a photo has the name of a file that is no photo's result, one of those files is the user's, or
                nothing can be written here.
        """
        ours = self.ours()
        names = {result.name for result in results}
        for own in (self.look, self.table, self.sheet):
            if own.name in names:
                raise VerismError(f"{own}: would be both a photo's result and a file of the series; rename the photo.")
            atomic.check_absent(own, replace=own.name in ours, remedy="choose another --output.dir")
        everything = sorted({*ours, *names, LOOK, TABLE, SHEET})
        # Of any name that a file can have.
        atomic.write(self.notes / "names.json", json.dumps(everything).encode())

    def has_look(self, made_from: str) -> bool:
        """Return whether there is a look already.

        Args:
            made_from: digest of style and options.

        Raises:
            VerismError: it was made from others.
        """
        try:
            found = (self.notes / "made_from").read_text(encoding="utf-8")
        except FileNotFoundError:
            return False
        if found != made_from:
            raise VerismError(
                f"{self.path}: has a series with another style or other options; choose another --output.dir."
            )
        return self.look.is_file() and self.fitted_to.is_file()

    def keep_look(self, run: FittedRun, title: str, made_from: str) -> None:
        """Write the look of a run, and remember what it was made from.

        Raises:
            VerismError: the run has no look, or it cannot be written.
        """
        look = run.look
        look_file.write(self.look, look.table, title)
        photo_file.write(self.fitted_to, Photo(look.canvas.photo), {})
        atomic.write(self.notes / "made_from", made_from.encode())
