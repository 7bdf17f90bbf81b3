"""The suggestion for a user who finds a look too strong."""

from __future__ import annotations

from verism import verdict
from verism.look.strength import Strength


def milder(own: Strength) -> tuple[str, Strength]:
    """Return a milder strength than the picture's, and a word for it, such as "Milder"."""
    share = f"{verdict.MILDER * own.strength:.2g}"
    # A user who asked for part of the look could mistake the smaller number for an error.
    still = "" if own.strength == 1 else f" still, with {share} of the look in place of {own.strength:g}"
    return f"Milder{still}", own._replace(strength=float(share))
