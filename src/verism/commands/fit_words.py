"""Words on another command's command line that are meant for ``fit``."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from verism.errors import VerismError

SECTIONS = ("model", "data", "trainer", "optimizer", "scalars", "metrics", "snapshots", "histograms")
"""Sections of ``fit`` whose options other commands accept and apply to all of the runs that they make."""


def split(args: Sequence[str], kept: Collection[str] = ()) -> tuple[list[str], list[str]]:
    """Return a command's own arguments and, separately, the options of ``fit``, such as ``--data.size 256``.

    Args:
        args: all arguments.
        kept: options in ``SECTIONS`` that belong to the command itself.
    """
    own: list[str] = []
    fits: list[str] = []
    current = own
    for arg in args:
        if re.match("--?[a-z]", arg):  # Not a negative number.
            section = re.match(r"--(\w+)", arg)
            is_fits = section is not None and section[1] in SECTIONS and arg.partition("=")[0] not in kept
            current = fits if is_fits else own
        current.append(arg)
    return own, fits


def as_overrides(words: Sequence[str]) -> dict[str, str]:
    """Return options of ``fit`` as ``verism.fit`` takes them: ``--data.size 256`` becomes ``{"data.size": "256"}``.

    Args:
        words: options, each followed by its value unless both are in one word.

    Raises:
        VerismError: an option is followed by more than one value.
    """
    overrides: dict[str, str] = {}
    name, has_value = "", False
    for word in words:
        if re.match("--[a-z]", word):
            name, equals, value = word.removeprefix("--").partition("=")
            overrides[name], has_value = value if equals else "true", bool(equals)
        elif has_value:
            raise VerismError(f"--{name} {overrides[name]}: takes one value; leave out {word}, or name its option.")
        else:
            overrides[name], has_value = word, True
    return overrides
