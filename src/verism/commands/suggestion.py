"""Suggests the option that the user may have meant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from inspect import signature
from pkgutil import resolve_name

from verism.commands.options import FitOptions

_UNKNOWN = re.compile(r"does not accept option '([\w.]+)'|unrecognized arguments: --([\w.]+)")

_UNKNOWN_OF_A_CLASS = re.compile(r"class_path '([\w.]+)': Option '([\w.]+)' is not accepted")


def meant(message: str) -> str:
    """Return what to add to the parser's message about an unknown option: the most similar one that exists.

    Args:
        message: the message, on one line.

    Returns:
        A suggested option of ``fit``, or of the class that the message names; empty if none is similar.
    """
    if of_a_class := _UNKNOWN_OF_A_CLASS.search(message):
        try:
            # The parser has imported the class already.
            options = signature(resolve_name(of_a_class[1])).parameters
        except (AttributeError, ImportError, TypeError, ValueError):
            # The signature of a class that is not written in Python is not available.
            return ""
        return _nearest(of_a_class[2], options)
    unknown = _UNKNOWN.search(message)
    if unknown is None:
        return ""
    # A class's own options are written without the word that separates them from its name.
    names = [name.replace(".init_args", "") for name in FitOptions().parser.get_defaults().keys()]  # noqa: SIM118
    return _nearest(unknown[1] or unknown[2], names, dashes="--")


def _nearest(name: str, names: Iterable[str], dashes: str = "") -> str:
    nearest = get_close_matches(name, names, n=1)
    return f"; did you mean {dashes}{nearest[0]}?" if nearest else ""
