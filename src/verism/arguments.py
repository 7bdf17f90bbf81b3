"""Checks arguments that come from Python, where nothing else does; the parser checks those of the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from numbers import Integral, Real
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from verism.errors import VerismError

_SIMPLE = {int: "a whole number", float: "a number", bool: "True or False", type(None): "None"}
"""Types of which no text is, and what messages call them."""


def check_arguments(owner: str, function: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
    """Refuse texts that are none of the choices of their argument, and fractions where whole numbers are needed.

    Such a slip would often go unnoticed, since code asks whether a choice is one of the others. All else is left to the
    function, and so are arguments without type hints.

    Args:
        owner: the name of the function in messages, such as that of the class that it is the constructor of.
        function: the function.
        arguments: the arguments, by name.

    Raises:
        VerismError: an argument is not as its type hint says.
    """
    hints = _hints(function)
    for name, value in arguments.items():
        members = list(_members(hints.get(name, Any)))
        choices = [choice for member in members if get_origin(member) is Literal for choice in get_args(member)]
        kinds = [member for member in members if get_origin(member) is not Literal]
        is_other_text = isinstance(value, str) and value not in choices
        is_fraction = isinstance(value, Real) and not isinstance(value, Integral) and float not in kinds
        if (is_other_text or is_fraction) and all(kind in _SIMPLE for kind in kinds):
            said = [*map(str, choices), *(_SIMPLE[kind] for kind in kinds)]
            raise VerismError(f"{owner}: {name} {value!r}: must be {' or '.join(said)}.")


def check_part(name: str, part: object, kind: type) -> None:
    """Raise ``VerismError`` unless a part of a run is of its kind, and not, say, a class or a name of that kind."""
    if not isinstance(part, kind):
        given = f"the class {part.__name__}; call it, as in {part.__name__}()" if isinstance(part, type) else repr(part)
        raise VerismError(f"{name}: must be a part of the kind {kind.__module__}.{kind.__name__}, not {given}.")


@cache
def _hints(function: Callable[..., Any]) -> Mapping[str, Any]:
    """Return the type hints of a function; none if they cannot be resolved, as with names for type checkers only."""
    try:
        return get_type_hints(function)
    except (AttributeError, NameError, TypeError):
        return {}


def _members(hint: Any) -> Iterator[Any]:
    if get_origin(hint) in (Union, UnionType):
        for member in get_args(hint):
            yield from _members(member)
    else:
        yield hint
