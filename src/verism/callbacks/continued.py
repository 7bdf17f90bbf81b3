"""Which run has continued from a checkpoint, so that the same command, typed again, continues from the latest state."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from verism.callbacks import beside

NAME = "continued.json"
"""Record next to the checkpoints: what was asked for, to the checkpoint of the run that has continued with it."""


def asked(command: Sequence[str] | None, picture: Path | None) -> str:
    """Return the text by which a later run is known to continue the work of an earlier one, if both have the same.

    Args:
        command: the words that started the run, without ``--ckpt_path``; None: it was started from Python.
        picture: the file that was chosen for the result; None: it is in the run's own folder.

    Returns:
        The picture, whatever else has changed; without one, the whole command; empty if there is neither.
    """
    return str(picture) if picture is not None else shlex.join(command or ())


def read(checkpoint: str | Path) -> dict[str, str]:
    """Return what is recorded next to a checkpoint; empty if nothing is, or it cannot be read."""
    return beside.read(checkpoint, NAME)


def latest(checkpoint: str, what: str) -> str:
    """Return the checkpoint of the latest run that has continued the same work from this one; itself, if there is none.

    Args:
        checkpoint: path of a checkpoint; one at a URL is returned as it is.
        what: as ``asked`` returns it.
    """
    passed = [checkpoint]
    while what and (later := read(passed[-1]).get(what)) is not None and later not in passed and Path(later).is_file():
        passed.append(later)
    return passed[-1]


def record(checkpoint: str, what: str, later: str) -> None:
    """Record next to a checkpoint that a run has continued from it; at a URL, nothing is recorded.

    Args:
        checkpoint: path of the checkpoint.
        what: as ``asked`` returns it; empty: nothing is recorded.
        later: path of the checkpoint of the run that has continued.

    Raises:
        VerismError: the record cannot be written.
    """
    if what and "://" not in f"{checkpoint}{later}":
        beside.add(checkpoint, NAME, {what: later})
