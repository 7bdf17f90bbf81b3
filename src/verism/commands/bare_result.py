"""Reports a result named without its option, before the slow imports, and prints the corrected command."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from verism import endings
from verism.commands.words import leading, value_of
from verism.errors import VerismError
from verism.missing import exists

OPTION = "--output.path"

WRITTEN: Mapping[str, tuple[str, Collection[str]]] = {
    "export": ("lookup table", endings.TABLES),
    "render": ("picture", endings.PICTURES),
}
"""Commands that take a run and no other positional argument, with what they write and its file endings."""


def check(command: str, args: Sequence[str]) -> None:
    """Raise ``VerismError`` if the name of a new file follows the run, as in ``export RUN look.cube``."""
    words, options = leading(args)
    if command not in WRITTEN or len(words) != 2 or value_of(options, OPTION) is not None:  # noqa: PLR2004
        return
    run, result = map(Path, words)
    what, written_as = WRITTEN[command]
    # A run that does not exist gets its own error elsewhere.
    if exists(run) and not exists(result) and result.suffix.lower() in written_as:
        whole = shlex.join(["verism", command, words[0], *options, OPTION, words[1]])
        raise VerismError(f"{result}: the {what} is named with {OPTION}: {whole}")
