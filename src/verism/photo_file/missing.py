"""The error for a photo that does not exist, which names the one that was probably meant."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from verism.errors import VerismError

_CLOSE = 0.75
"""Smallest likeness of two names, by ``difflib``, at which one may be a slip for the other. IMG_1234.jpg and
IMG_5678.jpg, which are not, are at 0.67."""


def missing(path: Path, kind: str = "photo") -> VerismError:
    """Return the error for a file that does not exist; ``kind`` is what it should be, such as "clip"."""
    near = nearest(path)
    return VerismError(f"{path}: no such {kind}{'.' if near is None else f'; did you mean {near}?'}")


def nearest(path: Path) -> Path | None:
    """Return the file of the same folder whose name is closest to that of ``path``; None if none is close.

    If there is no such folder either, that is taken for a slip too.
    """
    folder = path.parent if path.parent.is_dir() else _closest(path.parent, folders=True)
    if folder is None:
        return None
    there = folder / path.name
    return there if there.is_file() and folder != path.parent else _closest(there, folders=False)


def _closest(path: Path, *, folders: bool) -> Path | None:
    """Return the folder, or the file, that is beside ``path`` and whose name is closest, whatever its case."""
    try:
        names = [it.name for it in path.parent.iterdir() if (it.is_dir() if folders else it.is_file())]
    except OSError:
        return None
    by_folded = {name.casefold(): name for name in names if not name.startswith(".")}
    found = get_close_matches(path.name.casefold(), by_folded, n=1, cutoff=_CLOSE)
    return path.with_name(by_folded[found[0]]) if found else None
