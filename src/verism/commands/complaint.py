"""Turns the parser's message about a value, which lists Python types, into a sentence that says what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pkgutil import resolve_name
from traceback import walk_tb

from verism.enumeration import enumerated
from verism.trust import PACKAGES

_PLACE = re.compile(
    r"\s*(?:Problem with given class_path '[\w.]+':\s*)?"
    r"Parser key \"([\w.]+)\"(?: element \d+)?:\s*"
)

_AS_CALLABLE = re.compile(
    r"(?m)^( *(?:- )?)Type .+ expects a function or a callable class: |\. Got value: Namespace\(.*$"
)
"""What surrounds a message about an option whose value creates an object, such as the optimiser's."""

_AS_TENSOR = re.compile(r"\n *- (?:Problem with given class_path 'torch\.Tensor':\n.*|Expected a dot import path .*)")
"""Messages that a value is not a tensor, which torch's optimisers accept in place of a number."""

_REASON = re.compile(r"^ *- (.+(?:\n(?! *- | *Given value| *Subtypes| *Errors).+)*)", re.MULTILINE)

_CLASS_FORMS = re.compile(r"Subclass types expect one of:(?:\n *- an? .+)*")

_EXPECTED = re.compile(
    r"(?:Expected an?|Not a) (?:<class '([\w.]+)'>|typing\.Literal\[(.+?)\]|(dot import path|valid subclass))"
)

_ABSTRACT = re.compile(r"^Expected an instantiatable class, but ([\w.]+) is abstract")

_VALUE = re.compile(r"(?:Given value|Got value|dot import path string): (.*)")

NAMES = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "str": "a text",
    **dict.fromkeys(("dot import path", "valid subclass"), "a class"),
    **dict.fromkeys(("list", "collections.abc.Iterable", "collections.abc.Sequence"), "a list"),
    **dict.fromkeys(("dict", "collections.abc.Mapping"), "a dictionary such as {name: value}"),
    "NoneType": "null",
}
"""What a user calls a value of each type, in the order in which a sentence lists them."""

_SAYS_LITTLE = ("Expected a ", "Not a valid", "Does not val")
"""Beginnings of reasons that only name an expected type; the sentence lists all of these types."""

_ARGUMENTS = ("run", "results", "folders")
"""Positional arguments of the commands that read runs; unlike options, they are shown without dashes."""


def plain(error: Exception) -> str:
    """Return the parser's message about a value as a sentence; return any other message unchanged, on one line.

    Args:
        error: an ``ArgumentError``, or another error that the parser raised with such a message.
    """
    rest = _AS_CALLABLE.sub(r"\1", str(error))
    entries = _entries(error)
    names: list[str] = []
    reasons: list[str] = []
    while not reasons:
        while match := _PLACE.match(rest):
            names.append(match[1] + entries.get(match[1].removeprefix("fit."), ""))
            rest = rest[match.end() :]
        if not names and "Errors:" not in rest:
            return _on_one_line(rest)
        rest = _CLASS_FORMS.sub("", rest)
        if "<class 'torch.Tensor'>" in rest:
            rest = _AS_TENSOR.sub("", rest)
        listed = list(_REASON.finditer(rest))
        telling = [match for match in listed if not match[1].startswith(_SAYS_LITTLE)]
        if telling and _PLACE.match(telling[0][1]):
            # A dictionary given as one value: the reason is itself a message about an option inside it.
            rest = rest[telling[0].start(1) :]
        else:
            reasons = [match[1] for match in telling or listed] or [rest]
    option = ".".join(names).removeprefix("fit.")
    option = option if option in ("", *_ARGUMENTS) else f"--{option}"
    if not reasons[0].startswith(_SAYS_LITTLE):
        return f"{option}: {_telling(reasons[0], option)}".removeprefix(": ")
    expected: dict[str, None] = {}
    for kind, literals, other in _EXPECTED.findall(rest):
        expected |= dict.fromkeys(literals.split(", ") if literals else [NAMES.get(kind or other, kind)])
    if not expected:
        return f"{option}: {_on_one_line(rest)}"
    value = _VALUE.search(rest)
    given = _on_one_line(value[1]) if value else ""
    given = "" if given.startswith(("Namespace(", "NestedArg(")) else given
    if list(expected) == ["a class"]:
        return f"{f'{option} {given}'.rstrip()}: is not a class that this option takes; name your own as module.Class."
    return must_be(option, given, list(expected))


def must_be(option: str, given: str, expected: Sequence[str]) -> str:
    """Return the sentence for a value that an option does not accept.

    Args:
        option: its name, with dashes.
        given: the value; empty if it is not to be repeated.
        expected: what the option takes, in the words of ``NAMES``, or the values themselves, quoted if they are texts.
    """
    # Python treats int | float and float | int as the same type and lists its members in the order first seen.
    order = {name: place for place, name in enumerate(NAMES.values())}
    names = sorted(expected, key=lambda name: order.get(name, order["null"] - 0.5))
    return f"{f'{option} {given}'.rstrip()}: must be {enumerated(names, 'or')}."


def _entries(error: BaseException) -> dict[str, str]:
    """Return the keys, such as ``.grain``, that lead to the rejected value within each option that is a dictionary.

    The parser's messages name only the option, so the keys are read from the frames that the error passed through.
    """
    found: dict[str, str] = {}
    option = ""
    cause: BaseException | None = error
    while cause is not None:
        for frame, _ in walk_tb(cause.__traceback__):
            values = frame.f_locals
            if frame.f_code.co_name == "_check_type":
                option = values["self"].dest
            elif frame.f_code.co_name == "adapt_typehints" and isinstance(values.get("k"), str):
                found[option] = f"{found.get(option, '')}.{values['k']}"
        cause = cause.__cause__ or cause.__context__
    return found


def _telling(reason: str, option: str) -> str:
    """Return a reason in command-line terms."""
    abstract = _ABSTRACT.search(reason)
    if abstract is not None and abstract[1].partition(".")[0] not in PACKAGES:
        missing = " and ".join(sorted(resolve_name(abstract[1]).__abstractmethods__))
        return f"{abstract[1]} has no {missing} of its own, which its base class requires."
    if reason.startswith("Expected an instantiatable class"):
        return f"needs a class before its options: give {option} itself first, with the name of one."
    nested = re.sub(
        r"^Problem with given class_path '([\w.]+)':\s*", r"\1: ", reason.removeprefix("Not of type Path: ")
    )
    return _on_one_line(re.sub(r"Option '([\w.]+)' is not accepted", r"has no option \1", nested))


def _on_one_line(message: str) -> str:
    return " ".join(message.split())
