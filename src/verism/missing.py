"""The error for a photo or a folder that does not exist, which names the one that was probably meant."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from verism.errors import VerismError

LOGS = "lightning_logs"
"""The folder of runs, below the current one."""

CLOSE = 0.75
"""Smallest likeness of two names without their endings, by ``difflib``, at which one may be a slip for the other: mien
and mine are at 0.75, IMG_1234 and IMG_5678, which are two photos, at 0.5."""


def missing(path: Path, kind: str = "photo") -> VerismError:
    """Return the error for a file that does not exist; ``kind`` is what it should be, such as "clip"."""
    near = nearest(path) or (None if path.suffix else _closest(path, folders=True))
    return VerismError(f"{path}: no such {kind}{'.' if near is None else f'; did you mean {near}?'}")


def missing_run(path: Path, kind: str = "run") -> VerismError:
    """Return the error for a run, or a file of one, that does not exist; ``kind`` is what it should be.

    A slip in any of its folders is looked for, and the run in ``lightning_logs``, if only its name was given.
    """
    in_logs = (Path.cwd() if path.is_absolute() else Path()) / LOGS / path.name
    near = in_logs if in_logs.exists() else _beside(path)
    if near is None and in_logs.parent.is_dir():
        near = _beside(in_logs)
    return VerismError(f"{path}: no such {kind}{'.' if near is None else f'; did you mean {near}?'}")


def _beside(path: Path) -> Path | None:
    """Return a path with the closest part in place of the first that does not exist; None if none is close."""
    first, rest = path, Path()
    while not first.parent.exists():
        first, rest = first.parent, first.name / rest
    near = _closest(first, folders=True)
    if near is None and first == path and path.suffix:
        # A picture is no checkpoint, whatever its name.
        near = _closest(path, folders=False)
        near = near if near is not None and near.suffix == path.suffix else None
    if near is None:
        return None
    return near / rest if (near / rest).exists() else near


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
        beside = [it for it in path.parent.iterdir() if (it.is_dir() if folders else it.is_file())]
    except OSError:
        return None
    by_stem: dict[str, list[str]] = {}
    for it in beside:
        if not it.name.startswith("."):
            by_stem.setdefault(it.stem.casefold(), []).append(it.name)
    stems = get_close_matches(path.stem.casefold(), by_stem, n=1, cutoff=CLOSE)
    if not stems:
        return None
    # Of mine.jpg and mine.html, that with the closer ending.
    (name,) = get_close_matches(path.name, by_stem[stems[0]], n=1, cutoff=0)
    return path.with_name(name)
