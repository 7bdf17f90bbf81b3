"""Losses that are added to the method's own: the names that they can have."""

from __future__ import annotations

import re

from verism.errors import VerismError

TERMS = ("content", "style", "color", "photorealism", "consistency", "canvas", "total")
"""Names that added losses cannot have, because terms of the method's own have them."""


def check_name(name: str) -> str:
    """Return the name of an added loss; raise ``VerismError`` if it cannot be used."""
    if name in TERMS:
        raise VerismError(f"--model.losses.{name}: the method has a term of that name; choose another name.")
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        raise VerismError(f"--model.losses.{name}: a name must be made of letters, digits, _ and - only.")
    return name
