"""Records which run has continued a checkpoint, so that the same command continues from the latest state."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from verism.callbacks import beside
from verism.url import is_url

NAME = "continued.json"
"""Record next to the checkpoints: maps what was asked for to the checkpoint of the run that continued with it."""


def asked(command: Sequence[str] | None, picture: Path | None) -> str:
    """Return the text that identifies the work of a run: a later run with the same text continues it.

    Args:
        command: the command that started the run, without ``--ckpt_path``; None: it was started from Python.
        picture: the file chosen for the result; None: it is in the run's own folder.

    Returns:
        The picture, whatever else has changed; without one, the whole command; empty if there is neither.
    """
    return str(picture) if picture is not None else shlex.join(command or ())


def read(checkpoint: str | Path) -> dict[str, str]:
    """Return the record next to a checkpoint; empty if there is none or it cannot be read."""
    return beside.read(checkpoint, NAME)


def latest(checkpoint: str, what: str) -> str:
    """Return the checkpoint of the latest run that has continued the same work from this one, or else this one itself.

    Args:
        checkpoint: path of a checkpoint; a URL is returned unchanged.
        what: the work, as returned by ``asked``.
    """
    passed = [checkpoint]
    while what and (later := read(passed[-1]).get(what)) is not None and later not in passed and Path(later).is_file():
        passed.append(later)
    return passed[-1]


def record(checkpoint: str, what: str, later: str) -> None:
    """Record next to a checkpoint that a run has continued from it; at a URL, nothing is recorded.

    Args:
        checkpoint: path of the checkpoint.
        what: the work, as returned by ``asked``; empty: nothing is recorded.
        later: path of the checkpoint of the continuing run.

    Raises:
        VerismError: the record cannot be written.
    """
    if what and not (is_url(checkpoint) or is_url(later)):
        beside.add(checkpoint, NAME, {what: later})
