"""Names the results of many photos: each keeps its photo's name, and none replaces another file."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from verism import atomic, photo_file
from verism.errors import VerismError


def result_name(photo: Path) -> str:
    """Return the name of a photo's result: the photo's, if its format can be written, else that of a PNG file."""
    return photo.name if photo_file.can_write(photo) else f"{photo.stem}.png"


def results(
    photos: Sequence[Path],
    folder: Path,
    remedy: str,
    *,
    overwrite: bool = False,
    ours: Collection[str] = (),
    name: Callable[[Path], str] = result_name,
) -> dict[Path, Path]:
    """Return the path of the result for each photo, in their order.

    Args:
        photos: the photos, each once.
        folder: the folder for the results.
        remedy: what the user can do about a file in the way, as in "choose another --output.dir".
        overwrite: whether files may be replaced.
        ours: names of files that may be replaced in any case.
        name: returns the name of the result of a photo.

    Raises:
        VerismError: two results would be the same file, one would replace its photo, or a user's file is in the way.
    """
    found: dict[Path, Path] = {}
    taken: set[Path] = set()
    for photo in photos:
        result = folder / name(photo)
        if result in taken:
            raise VerismError(f"{photo}: another photo has the same name, and both results would be the same file.")
        if result.resolve() == photo.resolve():
            raise VerismError(f"{photo}: its result would replace it; choose another --output.dir.")
        atomic.check_absent(result, replace=overwrite or result.name in ours, remedy=remedy)
        found[photo] = result
        taken.add(result)
    return found
