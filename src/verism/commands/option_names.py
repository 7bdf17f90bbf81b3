"""The names of all options, by which a slip in one is told before what takes seconds is imported."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from verism.errors import VerismError

FILE = Path(__file__).with_suffix(".json")
"""The names, as ``tools/option_names.py`` has read them from the parsers; a test compares the two."""

OF_FIT = ("run", "series", "sweep")
"""Commands that take the options of ``fit`` besides their own."""

OF_LIGHTNING = "--trainer."
"""The beginning of options that are Lightning's, and may be others in its next version."""

OF_RUN = ("--preview", "--open", "--styles", "--output.sheet")
"""The options of ``run`` alone, which has no parser."""

HELP = {"-h", "--help"}


def check(command: str, args: Sequence[str]) -> None:
    """Raise ``VerismError`` for an option that the command cannot have; whatever may be right is left to its parser.

    That is also an option of a class (``--model.canvas.grain``), since the user chooses the class, or of Lightning's
    Trainer, and the beginning of an option's name.
    """
    if HELP & set(args):
        return
    known, sections = _known(command)
    for arg in args:
        option = arg.partition("=")[0].removesuffix("+")
        if not option.startswith("--") or option == "--" or _may_be(option, known, sections):
            continue
        nearest = get_close_matches(option, sorted(known), n=1)
        remedy = f"did you mean {nearest[0]}?" if nearest else f"verism {command} --help lists those that there are."
        raise VerismError(f"{option}: no such option; {remedy}")


def _may_be(option: str, known: Iterable[str], sections: Iterable[str]) -> bool:
    """Return whether an option is known, begins like a known one, or belongs to the class that a known one names."""
    return (
        option in sections
        or option.startswith(OF_LIGHTNING)
        or any(it.startswith(option) or option.startswith(f"{it}.") for it in known)
    )


@cache
def _known(command: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the options that a command has, and the names of sections, such as ``--data``, which take a file."""
    listed: Mapping[str, Mapping[str, list[str]]] = json.loads(FILE.read_text(encoding="utf-8"))
    found = [listed[name] for name in (command, *(["fit"] if command in OF_FIT else [])) if name in listed]
    own = OF_RUN if command == "run" else ()
    return (
        frozenset([*own, *(name for it in found for name in it["options"])]),
        frozenset(name for it in found for name in it["sections"]),
    )
