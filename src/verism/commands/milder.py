"""What is proposed to whoever finds a look too strong."""

from __future__ import annotations

from verism import verdict
from verism.look.strength import Strength


def milder(own: Strength) -> tuple[str, Strength]:
    """Return a milder strength than that of a picture, and what it is called, such as "Milder"."""
    share = f"{verdict.MILDER * own.strength:.2g}"
    # Whoever has asked for a part of the look would take a smaller number for a slip.
    still = "" if own.strength == 1 else f" still, with {share} of the look in place of {own.strength:g}"
    return f"Milder{still}", own._replace(strength=float(share))
