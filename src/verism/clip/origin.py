"""Detects clips made by verism, by the metadata of their files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from verism.clip.reading import opened
from verism.errors import VerismError

_MARK = "verism: "
"""Start of the text that verism adds to the comment of a clip."""


def comment(made_with: Mapping[str, str]) -> str:
    """Return the part of a clip's comment that says how verism made it."""
    return _MARK + ", ".join(f"{key} {value}" for key, value in made_with.items())


def made_by_verism(path: str | Path) -> bool:
    """Return whether a clip was made by verism. False if it cannot be read. No frame is decoded."""
    path = Path(path)
    try:
        with opened(path) as (container, _):
            said = [value for key, value in container.metadata.items() if key.lower() == "comment"]
    except VerismError:  # Whoever reads the clip reports it.
        return False
    return any(part.startswith(_MARK) for text in said for part in text.split("; "))
