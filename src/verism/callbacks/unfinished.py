"""Files written by an unfinished run, which a run that resumes it may replace."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from verism.callbacks import beside, continued
from verism.data.source import digest

NAME = "partial.json"
"""Record next to the checkpoints: path to SHA-256. A file changed since then is the user's, and is not replaced."""


def read(checkpoint: str | Path) -> dict[str, str]:
    """Return the files recorded by the run of a checkpoint, path to SHA-256; empty if no record can be read."""
    return beside.read(checkpoint, NAME)


def unchanged(file: Path, replaceable: Mapping[str, str]) -> bool:
    """Return whether a file is among those that ``read`` returned and is unchanged since."""
    known = replaceable.get(str(file.resolve()))
    return known is not None and file.is_file() and digest(file) == known


def left(checkpoint: str | Path) -> set[Path]:
    """Return the unchanged files left by the run of a checkpoint, or by a run that continued from it."""
    later = (continued.latest(str(checkpoint), what) for what in continued.read(checkpoint))
    records = [read(checkpoint), *map(read, later)]
    return {Path(file) for replaceable in records for file in replaceable if unchanged(Path(file), replaceable)}


def record(checkpoint: str | Path, files: Iterable[Path]) -> None:
    """Add files to the record of a checkpoint's run; files that do not exist are left out.

    Raises:
        VerismError: a file cannot be read, or the record cannot be written.
    """
    beside.add(checkpoint, NAME, {str(file.resolve()): digest(file) for file in files if file.is_file()})
