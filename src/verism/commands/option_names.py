"""The names of all options, and the kinds of their values, by which slips are told before the imports, of seconds."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import Any

from verism.commands.complaint import must_be
from verism.errors import VerismError

FILE = Path(__file__).with_suffix(".json")
"""The names and kinds, as ``tools/option_names.py`` has read them from the parsers; a test compares the two."""

OF_FIT = ("run", "series", "sweep")
"""Commands that take the options of ``fit`` besides their own."""

OF_LIGHTNING = "--trainer."
"""The beginning of options that are Lightning's, and may be others in its next version."""

STEADY = ("--trainer.max_steps",)
"""Those of them that take the same in all versions of Lightning 2."""

OF_RUN = ("--preview", "--open", "--styles", "--output.sheet")
"""The options of ``run`` alone, which has no parser."""

HELP = {"-h", "--help"}

CONFIGS = (".yaml", ".yml", ".json")
"""Endings of files with options."""

TRUTHS = ("true", "false", "yes", "no", "on", "off")
"""Words that the parsers take for true or false, in any case."""

_WORD = re.compile(r"[A-Za-z_]\w*")
"""A word that cannot be a number, nor YAML of more than one value."""


def check(command: str, args: Sequence[str]) -> None:
    """Raise ``VerismError`` for an option that the command cannot have, or a word where it takes none.

    Whatever may be right is left to the command's parser. That is also an option of a class (``--model.canvas.grain``),
    since the user chooses the class, or of Lightning's Trainer, and the beginning of an option's name.
    """
    if HELP & set(args):
        return
    known, sections, kinds = _known(command)
    for arg, following in zip_longest(args, args[1:], fillvalue=""):
        option, equals, value = arg.partition("=")
        value = value if equals else following
        _check_value(option, value, kinds)
        _check_section(option, value, known, sections)
        option = option.removesuffix("+")
        if not option.startswith("--") or option == "--" or _may_be(option, known, sections):
            continue
        nearest = get_close_matches(option, sorted(known), n=1)
        remedy = f"did you mean {nearest[0]}?" if nearest else f"verism {command} --help lists those that there are."
        raise VerismError(f"{option}: no such option; {remedy}")


def _check_value(option: str, value: str, kinds: Mapping[str, Sequence[str]]) -> None:
    """Raise ``VerismError`` if a value is a word, and the option takes numbers or other words."""
    expected = kinds.get(option)
    if expected is None or not _WORD.fullmatch(value):
        return
    word = value.lower()
    taken = ("true or false" in expected and word in TRUTHS) or ("null" in expected and word == "null")
    if not taken and repr(value) not in expected:
        raise VerismError(must_be(option, value, expected))


def _check_section(option: str, value: str, known: Collection[str], sections: Collection[str]) -> None:
    """Raise ``VerismError`` for a word after the beginning of options, such as a folder after ``--output``.

    Options may follow there: a file with them, or YAML.
    """
    if option in known or option not in (*sections, "--output"):
        return
    options = sorted(name for name in known if name.startswith(f"{option}."))
    path = Path(value)
    # After --output, any other file is the picture.
    is_file = path.is_file() and (option != "--output" or not path.suffix)
    names_options = path.suffix in CONFIGS or ":" in value or is_file
    if not options or (names_options and option in sections):
        return
    place = next((name for name in ("--output.path", "--output.dir") if name in options), "")
    raise VerismError(f"{option} {value}: no such option; did you mean {place or f'one like {options[0]}'}?")


def _may_be(option: str, known: Iterable[str], sections: Iterable[str]) -> bool:
    """Return whether an option is known, begins like a known one, or belongs to the class that a known one names."""
    return (
        option in sections
        or option.startswith(OF_LIGHTNING)
        or any(it.startswith(option) or option.startswith(f"{it}.") for it in known)
    )


@cache
def _known(command: str) -> tuple[frozenset[str], frozenset[str], Mapping[str, Sequence[str]]]:
    """Return a command's options, the names of sections, such as ``--data``, which take a file, and kinds of values."""
    listed: Mapping[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    found = [listed[name] for name in (command, *(["fit"] if command in OF_FIT else [])) if name in listed]
    own = OF_RUN if command == "run" else ()
    return (
        frozenset([*own, *(name for it in found for name in it["options"])]),
        frozenset(name for it in found for name in it["sections"]),
        # The command's own come first in ``found``, and win.
        {name: kinds for it in reversed(found) for name, kinds in it["kinds"].items()},
    )
