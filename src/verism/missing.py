"""The error for a photo or folder that does not exist, with a suggestion of the one that was probably meant."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path

from verism import empty, endings, permission
from verism.errors import VerismError
from verism.run_files import LOGS

BEGINNING = 4
"""Minimum number of characters of a prefix from which a run is found."""

CLOSE = 0.75
"""Smallest similarity of two names without their endings, by ``difflib``, at which one may be a misspelling of the
other: mien and mine have 0.75; IMG_1234 and IMG_5678, which are two photos, have 0.5."""

PICTURES = ("photo", "clip")
"""Kinds of files that are recognised by their endings."""


def exists(path: Path) -> bool:
    """Return whether a file or folder exists; a name that is too long for the file system does not."""
    try:
        return path.exists()
    except OSError:
        return False


def check_file(path: Path, kind: str = "photo") -> None:
    """Raise ``VerismError`` unless a file exists, is readable and is not empty; ``kind`` is as in ``missing``."""
    permission.check(path)
    if not path.is_file():
        raise missing(path, kind)
    empty.check(path)


def missing(path: Path, kind: str = "photo") -> VerismError:
    """Return the error for a file that does not exist, or is a folder; ``kind`` is what it should be, such as "clip".

    For a photo or a clip, only a file with the corresponding ending is suggested, whatever else has a similar name.
    """
    # In a folder that cannot be read, nothing can be known to be missing.
    closed = permission.denied(path)
    if closed is not None:
        return closed
    if exists(path) and path.is_dir():
        return VerismError(f"{path}: no such {kind}, but a folder; name a {kind} in it.")
    near = nearest(path, _is_picture if kind in PICTURES else Path.is_file)
    if near is None and not path.suffix:
        near = _closest(path, Path.is_dir)
    return VerismError(f"{path}: no such {kind}{'.' if near is None else f'; did you mean {near}?'}")


def missing_run(path: Path, kind: str = "run") -> VerismError:
    """Return the error for a run, or a file of one, that does not exist; ``kind`` is what it should be.

    Suggests a similar path if any of its folders may be misspelled, or the run in ``lightning_logs`` if only its name
    or a prefix of it was given.
    """
    # In a folder that cannot be read, nothing can be known to be missing.
    closed = permission.denied(path)
    if closed is not None:
        return closed
    in_logs = (Path.cwd() if path.is_absolute() else Path()) / LOGS / path.name
    near = in_logs if in_logs.exists() else _begun(in_logs) or _begun(path) or _beside(path)
    if near is None and in_logs.parent.is_dir():
        near = _beside(in_logs)
    return VerismError(f"{path}: no such {kind}{'.' if near is None else f'; did you mean {near}?'}")


def _begun(path: Path) -> Path | None:
    """Return the closest folder next to ``path`` whose name begins with that of ``path``; None if there is none."""
    begun = path.name.casefold()
    if len(begun) < BEGINNING:
        return None
    return _closest(path, lambda it: it.is_dir() and it.name.casefold().startswith(begun), likeness=0)


def _beside(path: Path) -> Path | None:
    """Return a path with its first missing part replaced by the closest existing one; None if none is close."""
    first, rest = path, Path()
    while not first.parent.exists():
        first, rest = first.parent, first.name / rest
    near = _closest(first, Path.is_dir)
    if near is None and first == path and path.suffix:
        # A picture is not a checkpoint, whatever its name.
        near = _closest(path, Path.is_file)
        near = near if near is not None and near.suffix == path.suffix else None
    if near is None:
        return None
    return near / rest if (near / rest).exists() else near


def nearest(path: Path, fits: Callable[[Path], bool] = Path.is_file) -> Path | None:
    """Return the file in the same folder whose name is closest to that of ``path``; None if none is close.

    If the folder does not exist either, it is assumed to be misspelled too.

    Args:
        path: the path of a file that does not exist.
        fits: whether a file may be the one that was meant.
    """
    folder = path.parent if path.parent.is_dir() else _closest(path.parent, Path.is_dir)
    if folder is None:
        return None
    there = folder / path.name
    return there if folder != path.parent and exists(there) and fits(there) else _closest(there, fits)


def _is_picture(path: Path) -> bool:
    return path.is_file() and endings.is_photo_or_clip(path)


def _closest(path: Path, fits: Callable[[Path], bool], likeness: float = CLOSE) -> Path | None:
    """Return the path next to ``path`` that fits and has the most similar name, ignoring case; None below the limit."""
    try:
        beside = list(filter(fits, path.parent.iterdir()))
    except OSError:
        return None
    by_stem: dict[str, list[str]] = {}
    for it in beside:
        if not it.name.startswith("."):
            by_stem.setdefault(it.stem.casefold(), []).append(it.name)
    stems = get_close_matches(path.stem.casefold(), by_stem, n=1, cutoff=likeness)
    if not stems:
        return None
    # Of mine.jpg and mine.html, the one with the closer ending.
    (name,) = get_close_matches(path.name, by_stem[stems[0]], n=1, cutoff=0)
    return path.with_name(name)
