"""The previews that whole pictures continue from: ``verism a.jpg b.jpg theirs.jpg --ckpt_path previews``."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from verism import checkpoint
from verism.callbacks import continued, unfinished
from verism.commands.run_folder import named_by
from verism.data.source import digest
from verism.errors import VerismError
from verism.look import saved
from verism.run_files import LOGS

WORD = "previews"
"""The value of ``--ckpt_path`` that makes each picture continue from its own preview."""

ENDING = "-preview"
"""Suffix of the folder of a preview's run, after the names of the photos."""


class Preview(NamedTuple):
    """A preview of a picture.

    Attributes:
        state: its checkpoint.
        finished: the picture that a whole run has since made from it; None if there is none, or it is not complete.
    """

    state: Path
    finished: Path | None


def newest(content: Path, styles: Sequence[Path], root: str | Path) -> Preview | None:
    """Return the newest preview of a photo in a given look; None if there is none.

    Args:
        content: the content photo.
        styles: the style photos, several if they are mixed.
        root: the folder that contains the runs.

    Raises:
        VerismError: a photo cannot be read.
    """
    name = named_by(f"{content.stem}-{'-'.join(style.stem for style in styles)}") + ENDING
    photos = {"content": [digest(content)], "style": list(map(digest, styles))}
    for run in sorted(Path(root, LOGS).glob(f"*{glob.escape(name)}*"), key=_age, reverse=True):
        try:
            state = saved.newest(run)
            of = checkpoint.read(str(state))["verism"].get("photos", {})
        except VerismError:
            # A run that has made no step, or a file of another kind.
            continue
        if {role: list(of.get(role, ())) for role in photos} == photos:
            return Preview(state, _finished(state))
    return None


def _finished(state: Path) -> Path | None:
    """Return the finished picture of a run that continued from a checkpoint."""
    # Records of runs that did not name a picture hold the command instead.
    pictures = [path for path in map(Path, continued.read(str(state))) if path.is_absolute()]
    unready = unfinished.left(str(state))
    return next((picture for picture in pictures if picture.is_file() and picture not in unready), None)


def _age(run: Path) -> int:
    return run.stat().st_mtime_ns
