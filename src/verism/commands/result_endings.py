"""Reports file endings with which no picture or lookup table can be written, before the slow imports."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from verism import endings
from verism.commands import one_line
from verism.commands.words import as_folder, settled, value_of
from verism.url import is_url

_PICTURE = {"--output.path": endings.check_picture}
_TABLE = {"--output.lut": endings.check_table}

WRITTEN: Mapping[str, Mapping[str, Callable[[Path], None]]] = {
    "run": _PICTURE | _TABLE,
    "fit": _PICTURE | _TABLE,
    "render": _PICTURE,
    "export": {"--output.path": endings.check_table},
}
"""By command, the options that name a file it writes, and the function that refuses an ending."""


def check(command: str, args: Sequence[str]) -> None:
    """Raise ``VerismError`` for a result that cannot be written with its ending; skip what is not a plain name."""
    if command == "run" and not one_line.only_pair(args):
        # For several pictures or a clip, the command itself gives a more specific error.
        return
    options = settled(command, args)
    for option, refuse in WRITTEN.get(command, {}).items():
        value = value_of(options, option) or ""
        path = Path(value)
        # Without an ending, the value may be a folder or stand for something else.
        if path.suffix and not is_url(value) and as_folder(value) is None:
            refuse(path)
