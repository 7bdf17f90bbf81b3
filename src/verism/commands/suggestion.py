"""Which option somebody may have meant."""

from __future__ import annotations

import re
from difflib import get_close_matches

from verism.commands.options import FitOptions

_UNKNOWN = re.compile(r"does not accept option '([\w.]+)'|unrecognized arguments: --([\w.]+)")


def meant(message: str) -> str:
    """Return what to add to a complaint of the parser about an option that it does not know: the nearest of ``fit``."""
    unknown = _UNKNOWN.search(message)
    if unknown is None:
        return ""
    # A class's own options are written without the word that separates them from its name.
    names = [name.replace(".init_args", "") for name in FitOptions().parser.get_defaults().keys()]  # noqa: SIM118
    nearest = get_close_matches(unknown[1] or unknown[2], names, n=1)
    return f"; did you mean {nearest[0]}?" if nearest else ""
