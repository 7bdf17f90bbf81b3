"""Lists in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def enumerated(parts: Iterable[object], conjunction: str = "and") -> str:
    """Return parts as a sentence lists them: ``a``, ``a and b``, ``a, b and c``; there must be at least one."""
    *others, last = map(str, parts)
    return f"{', '.join(others)} {conjunction} {last}" if others else last


def shortened(names: Sequence[str], most: int) -> list[str]:
    """Return names for ``enumerated``: all of them or, if there are more than ``most``, the first and a count."""
    return [*names] if len(names) <= most else [*names[:most], f"{len(names) - most} more"]
