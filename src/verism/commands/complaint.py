"""The parser's complaints about a value, in a sentence: it lists types of Python, where a user looks for what to do."""

from __future__ import annotations

import re

_PLACE = re.compile(r"\s*(?:Problem with given class_path '[\w.]+':\s*)?Parser key \"([\w.]+)\"(?: element \d+)?:\s*")

_REASON = re.compile(r"^ *- (.+(?:\n(?! *- | *Given value| *Subtypes| *Errors).+)*)", re.MULTILINE)

_EXPECTED = re.compile(r"Expected an? (?:<class '([\w.]+)'>|typing\.Literal\[(.+?)\]|(dot import path))")

_VALUE = re.compile(r"(?:Given value|Got value|dot import path string): (.*)")

_NAMES = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "NoneType": "null",
    "str": "a text",
    "dot import path": "a class",
    **dict.fromkeys(("list", "collections.abc.Iterable", "collections.abc.Sequence"), "a list"),
    **dict.fromkeys(("dict", "collections.abc.Mapping"), "a dictionary such as {conv1_1: 1.0}"),
}
"""What a user calls a value of a type."""

_ARGUMENTS = ("run", "results", "folders")
"""Of the commands that read runs: given without an option's name."""


def plain(message: str) -> str:
    """Return a complaint of the parser about a value as a sentence; others as they are, on one line.

    Args:
        message: of an ``ArgumentError``, with its line breaks.
    """
    names: list[str] = []
    rest = message
    while match := _PLACE.match(rest):
        names.append(match[1])
        rest = rest[match.end() :]
    if not names and "Errors:" not in rest:
        return _on_one_line(message)
    option = ".".join(names).removeprefix("fit.")
    option = option if option in ("", *_ARGUMENTS) else f"--{option}"
    reasons = _REASON.findall(rest) or [rest]
    telling = [reason for reason in reasons if not reason.startswith(("Expected a ", "Not a valid", "Does not val"))]
    if telling:
        return f"{option}: {_telling(telling[0], option)}".removeprefix(": ")
    expected = [_NAMES.get(kind or other, literal or kind) for kind, literal, other in _EXPECTED.findall(rest)]
    if not expected:
        return f"{option}: {_on_one_line(rest)}"
    value = _VALUE.search(rest)
    given = _on_one_line(value[1]) if value else ""
    said = f" {given}" if given and not given.startswith(("Namespace(", "NestedArg(")) else ""
    return f"{option}{said}: must be {' or '.join(dict.fromkeys(expected))}."


def _telling(reason: str, option: str) -> str:
    """Return a reason in the words of the command line."""
    if reason.startswith("Expected an instantiatable class"):
        return f"needs a class before its options: give {option} itself first, with the name of one."
    nested = re.sub(
        r"^Problem with given class_path '([\w.]+)':\s*", r"\1: ", reason.removeprefix("Not of type Path: ")
    )
    return _on_one_line(re.sub(r"Option '([\w.]+)' is not accepted", r"has no option \1", nested))


def _on_one_line(message: str) -> str:
    return " ".join(message.split())
