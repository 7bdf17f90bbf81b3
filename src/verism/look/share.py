"""Checks the range of a strength, without the slow imports that applying a look needs."""

from __future__ import annotations

from verism.errors import VerismError

PERCENT = 10
"""Smallest value that was probably meant as a percentage."""


def check(option: str, value: float) -> None:
    """Raise ``VerismError`` unless the value of an option, given with its dashes, is from 0 to 1."""
    if not 0 <= value <= 1:
        percent = f"; write {value / 100:g}" if PERCENT <= value <= 100 else ""  # noqa: PLR2004
        raise VerismError(f"{option} {value}: must be from 0, your photo, to 1, the whole look{percent}.")
