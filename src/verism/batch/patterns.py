"""Expands a command's patterns and folders into photos, without those that verism made itself."""

from __future__ import annotations

import glob
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from verism import clip, empty, permission, photo_file
from verism.errors import VerismError
from verism.inform import rank_zero_info
from verism.missing import missing
from verism.photo_file.encoders import FORMATS


class Found(NamedTuple):
    """The files that patterns stand for.

    Attributes:
        files: the files, without duplicates.
        left_out: number of files that were left out because verism made them.
        damaged: files in folders that are named like photos but are not photos.
    """

    files: list[Path]
    left_out: int
    damaged: list[Path]

    def said(self) -> str:
        """Return a description of what was left out; empty if nothing was."""
        said = []
        if self.left_out:
            those = "picture that verism made is" if self.left_out == 1 else "pictures that verism made are"
            said.append(f"{self.left_out} {those} left out")
        faults: dict[str, list[str]] = {}
        for path in self.damaged:
            faults.setdefault(_fault(path), []).append(path.name)
        for fault, names in faults.items():
            are = "is" if len(names) == 1 else "are"
            said.append(f"{', '.join(names)} {fault.format(are=are)}, and {are} left out")
        return "; ".join(said)


def _fault(path: Path) -> str:
    """Return what is wrong with a file that cannot be read, with ``{are}`` in place of "is" or "are"."""
    if permission.denied(path) is not None:
        return "may not be read, for want of permission"
    return "{are} empty" if empty.is_empty(path) else "cannot be read as a photo"


def matching(patterns: Iterable[Path], but: Iterable[Path] = (), *, there: bool = True) -> list[Path]:
    """Return the files that ``find`` returns, and print a line about those left out, if any.

    Args:
        patterns: as ``find`` takes them.
        but: files that are only included if they are named explicitly, such as a style photo next to the others, which
            should not take on its own look.
        there: whether a named file must exist; otherwise, it is returned anyway.

    Raises:
        VerismError: as ``find`` does, a file does not exist, or nothing is left except ``but``.
    """
    named = list(patterns)
    for path in named if there else ():
        permission.check(path)
        if not (is_pattern(path) or path.exists()):
            raise missing(path, "clip" if clip.is_clip(path) else "photo")
    found = find(named)
    if found.said():
        anyway = " To take one all the same, name its file." if found.left_out else ""
        rank_zero_info(f"{found.said()}.{anyway}")
    others = {path.resolve() for path in but}
    photos = [path for path in found.files if path in named or path.resolve() not in others]
    if not photos:
        raise VerismError(f"{', '.join(map(str, named))}: has no photo but the style.")
    styles = [path.name for path in found.files if path not in photos]
    if styles:
        is_style = "is the style, and is" if len(styles) == 1 else "are styles, and are"
        rank_zero_info(f"{' and '.join(styles)} {is_style} left out.")
    return photos


def find(patterns: Iterable[Path]) -> Found:
    """Return the files that paths, patterns such as ``holiday/*.jpg`` and folders stand for.

    A folder stands for the photos and clips in it. The files of a pattern or folder are sorted, and those made by
    verism are left out. A path without wildcards is returned unchanged, whatever it is, even if the file does not
    exist; reading it will raise an error.

    Raises:
        VerismError: a pattern or folder contains no photos, or only photos made by verism.
    """
    found: list[Path] = []
    left_out: set[Path] = set()
    damaged: list[Path] = []
    for pattern in patterns:
        permission.check(pattern)
        if not is_pattern(pattern):
            found.append(pattern)
            continue
        files = _in_folder(pattern, damaged) if pattern.is_dir() else _of_pattern(pattern)
        own = set(filter(_is_own, files))
        if len(own) == len(files):
            raise VerismError(
                f"{pattern}: matches only pictures that verism made; a picture that is named by itself is taken."
            )
        left_out |= own
        found += [file for file in files if file not in own]
    photos = list(dict.fromkeys(found))
    return Found(photos, len(left_out.difference(photos)), damaged)


def is_pattern(path: Path) -> bool:
    """Return whether a path stands for several files: a folder, or wildcards that are not the name of a file."""
    return not path.is_file() and (path.is_dir() or glob.has_magic(str(path)))


def _of_pattern(pattern: Path) -> list[Path]:
    # Brackets in the name of a folder that exists are no pattern.
    start = Path(pattern.anchor)
    for part in pattern.parent.relative_to(start).parts:
        if not (start / part).is_dir():
            break
        start /= part
    found = start.glob(str(pattern.relative_to(start)))
    files = sorted(path for path in found if path.is_file())
    if not files:
        folder = pattern.parent
        if not glob.has_magic(str(folder)) and not folder.is_dir():
            raise missing(folder, "folder")
        raise VerismError(f"{pattern}: matches no photo.")
    return files


def _in_folder(folder: Path, damaged: list[Path]) -> list[Path]:
    """Return the photos and clips in a folder; add files that are only named like photos to ``damaged``."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    photos = [path for path in files if clip.is_clip(path) or photo_file.is_photo(path)]
    if not photos:
        for path in files:
            permission.check(path)
        raise VerismError(f"{folder}: is a folder without photos.")
    damaged += [path for path in files if path not in photos and path.suffix.lower() in FORMATS]
    return photos


def _is_own(path: Path) -> bool:
    return clip.made_by_verism(path) if clip.is_clip(path) else photo_file.made_by_verism(path)
