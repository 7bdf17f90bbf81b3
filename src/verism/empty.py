"""The error for a file without content, such as a failed copy or download leaves behind."""

from __future__ import annotations

from pathlib import Path

from verism.errors import VerismError


def is_empty(path: Path) -> bool:
    """Return whether a file exists and is empty."""
    return path.is_file() and not path.stat().st_size


def check(path: Path) -> None:
    """Raise ``VerismError`` if a file is empty: its readers would call it damaged, or of an unknown format."""
    if is_empty(path):
        raise VerismError(f"{path}: is empty (0 bytes); copy or download it again.")
