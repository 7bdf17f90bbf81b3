"""The error for a file without content, such as a copy or a download leaves that has failed."""

from __future__ import annotations

from pathlib import Path

from verism.errors import VerismError


def is_empty(path: Path) -> bool:
    """Return whether there is such a file, and nothing in it."""
    return path.is_file() and not path.stat().st_size


def check(path: Path) -> None:
    """Raise ``VerismError`` if a file is empty: its readers would call it damaged, or of an unknown format."""
    if is_empty(path):
        raise VerismError(f"{path}: is empty (0 bytes); copy or download it again.")
