"""Repeats the command of a series for another folder, for instance at another strength."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path

from verism import atomic, trust
from verism.callbacks import checkpoints
from verism.callbacks.output import as_options
from verism.commands.saying import near
from verism.commands.words import take
from verism.look import look_file
from verism.look.strength import IN_NAMES, Strength

NAME = Path(look_file.NOTES, "command.json")
"""The file in a series' folder with the command that made it and the folder in which it was typed."""


def again(args: Sequence[str], folder: Path, strength: Strength) -> str:
    """Return the command that makes a series at another strength, in a folder that does not exist yet.

    Args:
        args: arguments of the command ``series``, as typed.
        folder: the folder of that series.
        strength: strength of the new series.
    """
    words = list(args)
    for option in ("--output.dir", *(f"--output.{name}" for name in strength._fields)):
        _, words = take(words, option)
    new = atomic.free_name(folder.with_name(f"{IN_NAMES.sub('', folder.name)}{strength.in_names}"))
    whole = ["series", *words, "--output.dir", str(near(new)), *as_options(strength), *trust.given()]
    return f"{checkpoints.program()} {shlex.join(whole)}"


def record(args: Sequence[str], folder: Path) -> None:
    """Record the command that makes a series in a folder; raise ``VerismError`` if it cannot be written."""
    atomic.write(folder / NAME, json.dumps({"folder": str(Path.cwd()), "words": list(args)}).encode())


def recorded(folder: Path, strength: Strength) -> str:
    """Return what ``again`` returns for a folder; empty if its command is unknown or was typed in another folder."""
    try:
        found = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return again(found["words"], folder, strength) if found["folder"] == str(Path.cwd()) else ""
