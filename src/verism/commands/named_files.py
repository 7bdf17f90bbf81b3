"""Reports photos and runs that are named on the command line but do not exist, before the slow imports."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from verism import endings
from verism.commands.words import leading
from verism.missing import missing, missing_run
from verism.url import is_url

RUN_FIRST: Mapping[str, str] = {
    "predict": "checkpoint, run or series",
    "export": "checkpoint, run or series",
    "render": "checkpoint or run",
}
"""Commands whose first word is a run, with what it may be."""

PHOTOS_FIRST = ("series",)
"""Commands whose first words are photos."""

RESULTS_FIRST = ("test", "figures")
"""Commands whose first words are runs or pictures; pictures have a file ending."""

_OF_A_RUN = ("--data.content", "--data.style", "--data.content_mask", "--data.style_mask")

OF_PHOTOS: Mapping[str, Sequence[str]] = {
    "fit": _OF_A_RUN,
    "run": _OF_A_RUN,
    "predict": ("--data.photos",),
    "series": ("--style",),
    "render": ("--data.content",),
    "test": ("--content", "--style"),
}
"""By command, the options that take photos which must exist."""

_MARKS = "[]{}$~\0"
"""Characters of lists and other YAML, which the parser reads, and of names for which the parser has its own errors."""

LONGEST = 255
"""Longest name checked here; the parser itself reports longer ones."""


def check(command: str, args: Sequence[str]) -> None:
    """Raise ``VerismError`` for the first photo or run that does not exist; skip words that may not be plain names."""
    first, _ = leading(args)
    runs, photos = (first[:1], first[1:]) if command in RUN_FIRST else ([], [])
    if command in PHOTOS_FIRST:
        photos = first
    for word in first if command in RESULTS_FIRST else ():
        if _is_missing(word):
            raise missing(Path(word)) if Path(word).suffix else missing_run(Path(word))
    for word in runs:
        path = Path(word)
        if _is_name(word) and not path.exists():
            # A look saved as a file of its own.
            raise missing_run(path, "look" if path.suffix == ".safetensors" else RUN_FIRST[command])
    for word in (*photos, *_values(args, OF_PHOTOS.get(command, ()))):
        if _is_missing(word):
            raise missing(Path(word), "clip" if endings.is_clip(Path(word)) else "photo")


def _values(args: Sequence[str], options: Sequence[str]) -> Iterator[str]:
    """Return the words that follow each option, up to the next one; of a repeated option, the last one counts."""
    given: dict[str, Sequence[str]] = {}
    for place, arg in enumerate(args):
        option, equals, value = arg.partition("=")
        if option in options:
            given[option] = (value,) if equals else leading(args[place + 1 :])[0]
    return chain.from_iterable(given.values())


def _is_missing(word: str) -> bool:
    return _is_name(word) and not Path(word).exists()


def _is_name(word: str) -> bool:
    """Return whether a word is the name of a single file, not a pattern, address, list or empty text."""
    is_more = len(word) > LONGEST or is_url(word) or glob.has_magic(word) or bool(set(word) & set(_MARKS))
    # The parser reports a link that leads nowhere or to itself.
    return bool(word) and word not in ("null", "last") and not is_more and not Path(word).is_symlink()
