"""Files that a run has written before it was finished, and which the run that goes on from it may replace."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from verism import atomic
from verism.data.source import digest

NAME = "partial.json"
"""Beside the checkpoints: path to SHA-256. A file that was changed since is somebody's work, and is not replaced."""


def read(checkpoint: str | Path) -> dict[str, str]:
    """Return what the run of a checkpoint has left: path to SHA-256; nothing if that is not known."""
    try:
        found = json.loads((Path(checkpoint).parent / NAME).read_text(encoding="utf-8"))
        return {str(path): str(value) for path, value in found.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def replaceable(file: Path, left: Mapping[str, str]) -> bool:
    """Return whether a file is what ``read`` found, and is still as it was."""
    known = left.get(str(file.resolve()))
    return known is not None and file.is_file() and digest(file) == known


def record(checkpoint: str | Path, files: Iterable[Path]) -> None:
    """Add to what the run of a checkpoint has left.

    Raises:
        VerismError: it cannot be written.
    """
    left = read(checkpoint) | {str(file.resolve()): digest(file) for file in files if file.is_file()}
    if left:
        atomic.write(Path(checkpoint).parent / NAME, json.dumps(left, indent=1).encode())
