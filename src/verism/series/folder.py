"""The folder of a series: the results, the look, and records for continuing an interrupted series."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from verism import atomic, photo_file
from verism.api import FittedRun
from verism.batch.sheet import NAME as SHEET
from verism.batch.table import NAME as TABLE
from verism.commands.saying import near
from verism.errors import VerismError
from verism.look import look_file
from verism.photo_file import Photo

LOOK = look_file.NAME
"""The look, for other photos and programs, in a file next to the results."""


@dataclass(frozen=True)
class Folder:
    """A folder with the results of one series.

    Attributes:
        path: the path of the folder.
    """

    path: Path

    @property
    def look(self) -> Path:
        """The look as a lookup table."""
        return self.path / LOOK

    @property
    def table(self) -> Path:
        """The table of what was done and what failed."""
        return self.path / TABLE

    @property
    def sheet(self) -> Path:
        """The contact sheet that shows photos before and after."""
        return self.path / SHEET

    @property
    def notes(self) -> Path:
        """A folder for the data that a continued series needs."""
        return self.path / look_file.NOTES

    @property
    def fitted_to(self) -> Path:
        """The photos that the look was fitted to, combined into one picture."""
        return self.path / look_file.FITTED_TO

    @property
    def log(self) -> Path:
        """The file for the output of workers on this machine."""
        return self.notes / "log.txt"

    def record(self, result: Path, kind: str) -> Path:
        """Return the file for the outcome of a job.

        Args:
            result: the result of the job's photo.
            kind: the kind of job, such as "photo".
        """
        return self.notes / kind / f"{result.name}.json"

    def ours(self) -> set[str]:
        """Return the names of the files claimed by this series."""
        try:
            return set(json.loads((self.notes / "names.json").read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return set()

    def claim(self, results: Sequence[Path]) -> None:
        """Record the names of the files that the series will write, before the first of them is written.

        Raises:
            VerismError: a result would have the name of the look, the table or the sheet, one of these three exists and
                does not belong to this series, or the folder is not writable.
        """
        ours = self.ours()
        names = {result.name for result in results}
        for own in (self.look, self.table, self.sheet):
            if own.name in names:
                raise VerismError(f"{own}: would be both a photo's result and a file of the series; rename the photo.")
            atomic.check_absent(own, replace=own.name in ours, remedy="choose another --output.dir")
        everything = sorted({*ours, *names, LOOK, TABLE, SHEET})
        # As JSON, because a file's name may contain any character.
        atomic.write(self.notes / "names.json", json.dumps(everything).encode())

    def has_look(self, made_from: str, elsewhere: str) -> bool:
        """Return whether the look exists already.

        Args:
            made_from: digest of the style photos and options.
            elsewhere: the command that makes the series in another folder.

        Raises:
            VerismError: the look was made from another style or with other options.
        """
        try:
            found = (self.notes / "made_from").read_text(encoding="utf-8")
        except FileNotFoundError:
            return False
        if found != made_from:
            raise VerismError(
                f"{near(self.path)}: has a series with another style or other options; in a folder of its own: "
                f"{elsewhere}"
            )
        return self.look.is_file() and self.fitted_to.is_file()

    def keep_look(self, run: FittedRun, styles: Sequence[Path], made_from: str) -> None:
        """Write the look of a run, titled after the first style, and record what it was made from.

        Args:
            run: the run.
            styles: the style photos.
            made_from: digest of the style photos and options.

        Raises:
            VerismError: the run has no look, or a file cannot be written.
        """
        look = run.look
        look_file.write(self.look, look.table, styles[0].stem)
        atomic.write(self.path / look_file.STYLES, json.dumps([str(style.resolve()) for style in styles]).encode())
        photo_file.write(self.fitted_to, Photo(look.canvas.photo), {})
        atomic.write(self.notes / "made_from", made_from.encode())
