"""Records next to the checkpoints of a run: text by name, such as the SHA-256 of each file that it has written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from verism import atomic


def read(checkpoint: str | Path, name: str) -> dict[str, str]:
    """Return the record in the file ``name`` next to a checkpoint; empty if there is none or it cannot be read."""
    try:
        found = json.loads((Path(checkpoint).parent / name).read_text(encoding="utf-8"))
        return {str(key): str(value) for key, value in found.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def add(checkpoint: str | Path, name: str, entries: Mapping[str, str]) -> None:
    """Add entries to a record; if there are none, write nothing.

    Raises:
        VerismError: the record cannot be written.
    """
    if entries:
        written = {**read(checkpoint, name), **entries}
        atomic.write(Path(checkpoint).parent / name, json.dumps(written, indent=1).encode())
