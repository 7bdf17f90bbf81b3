"""The names of all options and the kinds of their values, for reporting typing errors before the slow imports."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import cache, partial
from itertools import zip_longest
from pathlib import Path
from typing import Any

from verism.commands import fit_words
from verism.commands.complaint import must_be
from verism.commands.one_line import ALONE
from verism.endings import is_photo
from verism.errors import VerismError
from verism.look import share
from verism.missing import CLOSE, exists

FILE = Path(__file__).with_suffix(".json")
"""The names and kinds, as ``tools/option_names.py`` reads them from the parsers; a test compares the two."""

OF_FIT = ("run", "series", "sweep")
"""Commands that also take options of ``fit``: ``run`` takes all of them, the others those of some sections."""

OF_LIGHTNING = "--trainer."
"""Prefix of options that belong to Lightning and may change in its next version."""

STEADY = ("--trainer.max_steps",)
"""Those of Lightning's options that accept the same values in all versions of Lightning 2."""

OF_RUN = ("--preview", "--open", "--styles", "--style", "--output.sheet")
"""The options that only ``run`` has; it has no parser."""

PLACES = ("--output.path", "--output.dir", "--output")
"""Options that say where the result goes; each command has at most one of them."""

OF_TABLES = ("lut", "table")
"""Names of the option that says where the result goes, for the command that writes only a table."""

OF_PLACES = ("o", "out", "output", "path", "dir", "folder", "save", "to")
"""Names that other programs use for it."""

LETTERS = {"p": "--preview", "s": "--output.strength", "q": "--output.quality", "l": "--output.lut", "c": "--config"}
"""The options most likely meant by a single letter."""

WITH_C = ("fit", "run")
"""Commands for which -c means --config."""

SHARES = ("--output.strength", "--output.color", "--output.tone")
"""Options that take a number from 0 to 1."""

DASHES = "-\N{EN DASH}\N{EM DASH}\N{MINUS SIGN}"
"""Dashes that a word processor makes of two hyphens, and the hyphen itself."""

HELP = {"-h", "--help"}

CONFIGS = (".yaml", ".yml", ".json")
"""Endings of files that hold options."""

TRUTHS = ("true", "false", "yes", "no", "on", "off")
"""Words that the parsers accept as true or false, in upper or lower case."""

_WORD = re.compile(r"[A-Za-z_]\w*")
"""A word that can be neither a number nor YAML with more than one value."""

_NUMBER = re.compile(r"-?\d*[.,]?\d+")


def check(command: str, args: Sequence[str]) -> None:
    """Raise ``VerismError`` for an option that the command cannot have, or a word where it takes none.

    Anything that may be valid is left to the command's parser. This includes options of a class
    (``--model.canvas.grain``), since the user chooses the class, options of Lightning's Trainer, and abbreviated option
    names.
    """
    if HELP & set(args):
        return
    known, sections, kinds = _known(command)
    for number, (arg, following) in enumerate(zip_longest(args, args[1:], fillvalue="")):
        option, equals, value = arg.partition("=")
        value = value if equals else following
        if command == "run":
            _check_alone(option, value)
        _check_there(arg, following, kinds)
        _check_value(option, value, kinds)
        _check_share(option, value, known)
        _check_section(option, value, known, sections, partial(_placed, command, args, number))
        option = option.removesuffix("+")
        if not _is_option(option) or (option == "-c" and command in WITH_C) or _may_be(option, known, sections):
            continue
        name = option.lstrip(DASHES)
        if _place(command) and _says_where(command, name.removeprefix("output.")):
            raise VerismError(f"{option}: no such option; did you mean {_placed(command, args, number)}")
        meant = _meant(name, known)
        remedy = f"did you mean {meant}?" if meant else f"verism {command} --help lists those that there are."
        raise VerismError(f"{option}: no such option; {remedy}")


def _place(command: str) -> str | None:
    """Return the command's option that says where the result goes."""
    own = _listed().get("fit" if command == "run" else command, {}).get("options", ())
    return next((place for place in PLACES if place in own), None)


def _says_where(command: str, name: str) -> bool:
    """Return whether a name that a command does not have was probably meant to say where the result goes."""
    return name in OF_PLACES or (command == "export" and name in OF_TABLES)


def _placed(command: str, args: Sequence[str], number: int) -> str:
    """Return the option that says where the result goes, with a question mark, and the command that uses it."""
    return f"{_place(command)}? {in_full(command, args, number)}".rstrip()


def in_full(command: str, args: Sequence[str], number: int) -> str:
    """Return a command as typed, but with its own option in place of one that was meant to say where the result goes.

    Args:
        command: the command.
        args: its arguments.
        number: the index of that option among them.

    Returns:
        The command; empty if it has no such option or the value is missing.
    """
    place = _place(command)
    _, equals, value = args[number].partition("=")
    after = number + 1 if equals else number + 2
    value = value if equals else "".join(args[number + 1 : after])
    if place is None or not value or value.startswith("-"):
        return ""
    path = Path(value)
    if place == "--output.dir" and is_photo(path):
        # The pictures keep the names of their photos.
        value = str(path.with_suffix(""))
    elif command == "run" and not path.suffix and not value.endswith("/"):
        value += "/"
    # The option goes behind any photos that came after it.
    words = [*args[:number], *args[after:], place, value]
    return shlex.join(["verism", *([] if command == "run" else [command]), *words])


def _is_option(word: str) -> bool:
    """Return whether a word is an option or meant as one, not a number or a value that begins with a dash."""
    name = word.lstrip(DASHES)
    return word != name and name[:1].isalpha() and name not in ("inf", "nan")


def _meant(name: str, known: Collection[str]) -> str | None:
    """Return the option that was probably meant by a name without dashes; None if none is close.

    This is an option of the same name, or one whose last part is the name; of these, output options are preferred,
    because a photographer is most likely to mean them.
    """
    exact = LETTERS.get(name) if len(name) == 1 else f"--{name}"
    if len(name) == 1 or exact in known:
        return exact if exact in known else None
    # The output options come last, and so replace others of the same name.
    by_part = {option.rpartition(".")[2]: option for option in sorted(known, key=lambda it: it.startswith("--output"))}
    if name in by_part:
        return by_part[name]
    # Sharing a section, such as --output, does not make two options alike.
    alike = [option for option in sorted(known) if _are_close(name.rpartition(".")[2], option.rpartition(".")[2])]
    near = get_close_matches(f"--{name}", alike, n=1)
    parts = get_close_matches(name, by_part, n=1, cutoff=CLOSE)
    return near[0] if near else by_part[parts[0]] if parts else None


def _are_close(name: str, other: str) -> bool:
    return bool(get_close_matches(name, [other]))


def _check_alone(option: str, value: str) -> None:
    """Raise ``VerismError`` for true or false after an option that takes no value: it would be taken for a photo."""
    if option in ALONE and value.lower() in TRUTHS and not Path(value).exists():
        raise VerismError(f"{option} {value}: {option} stands alone, and is left out for no; leave out {value}.")


def _check_share(option: str, value: str, known: Collection[str]) -> None:
    """Raise ``VerismError`` if an option needs a number from 0 to 1 and gets another, such as a percentage or "0,6"."""
    if option not in SHARES or option not in known:
        return
    number, percent = value.strip().removesuffix("%").strip(), value.strip().endswith("%")
    if not _NUMBER.fullmatch(number):
        return
    found = float(number.replace(",", ".")) / (100 if percent else 1)
    if not percent and "," not in number:
        share.check(option, found)
    else:
        raise VerismError(f"{option} {value}: must be a number from 0 to 1, with a point; write {found:g}.")


def _check_there(option: str, following: str, kinds: Mapping[str, Sequence[str]]) -> None:
    """Raise ``VerismError`` for an option that takes a value but is given none."""
    if (option in kinds or option in PLACES[:2]) and (not following or following.startswith("--")):
        raise VerismError(f"{option}: its value is missing, such as {option} {_example(kinds.get(option, ()))}.")


def _example(expected: Sequence[str]) -> str:
    """Return an example value of one of these kinds; if there are none, a file name."""
    words = {"a number": "0.6", "a whole number": "1000", "true or false": "true", "null": "null"}
    return next((words.get(kind, kind.strip("'")) for kind in expected), "picture.jpg")


def _check_value(option: str, value: str, kinds: Mapping[str, Sequence[str]]) -> None:
    """Raise ``VerismError`` if a value is a word but the option takes numbers or other words."""
    expected = kinds.get(option)
    if expected is None or not _WORD.fullmatch(value):
        return
    word = value.lower()
    taken = ("true or false" in expected and word in TRUTHS) or ("null" in expected and word == "null")
    if not taken and repr(value) not in expected:
        raise VerismError(must_be(option, value, expected))


def _check_section(
    option: str, value: str, known: Collection[str], sections: Collection[str], placed: Callable[[], str]
) -> None:
    """Raise ``VerismError`` for a word after the prefix of several options, such as a folder after ``--output``.

    Options may follow there: a file with options, or YAML.

    Args:
        option: the option.
        value: what follows.
        known: all options.
        sections: the options that are such prefixes.
        placed: returns what was probably meant by ``--output``, as the end of a sentence.
    """
    if option in known or option not in (*sections, "--output"):
        return
    options = sorted(name for name in known if name.startswith(f"{option}."))
    path = Path(value)
    # After --output, any other file is the picture.
    is_file = exists(path) and path.is_file() and (option != "--output" or not path.suffix)
    names_options = path.suffix in CONFIGS or ":" in value or is_file
    if not options or (names_options and option in sections):
        return
    meant = placed() if option == "--output" else f"one like {options[0]}?"
    raise VerismError(f"{option} {value}: no such option; did you mean {meant}")


def _may_be(option: str, known: Iterable[str], sections: Iterable[str]) -> bool:
    """Return whether an option is known, abbreviates a known one, or belongs to the class that a known one names."""
    return (
        option in (*sections, "-h")
        or option in known
        or option.startswith(OF_LIGHTNING)
        # The parser accepts an abbreviation if only one option begins with it.
        or sum(it.startswith(option) for it in (*known, *sections)) == 1
        or any(option.startswith(f"{it}.") for it in known)
    )


@cache
def _listed() -> Mapping[str, Any]:
    """Return the contents of ``FILE``, by command."""
    listed: Mapping[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return listed


@cache
def _known(command: str) -> tuple[frozenset[str], frozenset[str], Mapping[str, Sequence[str]]]:
    """Return a command's options, the sections that take a file, such as ``--data``, and the kinds of values."""
    listed = _listed()
    found = [listed[name] for name in (command, *(["fit"] if command in OF_FIT else [])) if name in listed]
    own = OF_RUN if command == "run" else ()
    taken = partial(_is_taken, command, listed.get(command, {}).get("options", ()))
    return (
        frozenset([*own, *(name for it in found for name in it["options"] if taken(name))]),
        frozenset(name for it in found for name in it["sections"] if taken(name)),
        # The command's own options come first in ``found``, and win.
        {name: kinds for it in reversed(found) for name, kinds in it["kinds"].items()},
    )


def _is_taken(command: str, own: Collection[str], option: str) -> bool:
    """Return whether a command with options of its ``own`` takes a given option, be it one of these or of ``fit``."""
    section = option.lstrip("-").partition(".")[0]
    return command not in OF_FIT or command == "run" or option in own or section in fit_words.SECTIONS
