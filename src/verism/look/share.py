"""The range of a strength, which needs none of the imports that giving a look does."""

from __future__ import annotations

from verism.errors import VerismError


def check(option: str, value: float) -> None:
    """Raise ``VerismError`` unless the value of an option is from 0 to 1; the option has its dashes."""
    if not 0 <= value <= 1:
        raise VerismError(f"{option} {value}: must be from 0, the content photo, to 1, the result.")
