"""Lists in sentences."""

from __future__ import annotations

from collections.abc import Iterable


def enumerated(parts: Iterable[object], conjunction: str = "and") -> str:
    """Return parts as a sentence lists them: ``a``, ``a and b``, ``a, b and c``; there must be at least one."""
    *others, last = map(str, parts)
    return f"{', '.join(others)} {conjunction} {last}" if others else last
