"""Names of the files that ``run`` writes, unless other files have them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from verism import photo_file
from verism.commands.request import Request
from verism.errors import VerismError
from verism.photo_file import Encoding

WRITTEN = ("--output.path", "--output.lut", "--regions.path")
"""Options that name a file which a run writes."""


def result_path(content: Path, style: Path, *, preview: bool, folder: Path | None = None) -> Path:
    """Return the path of the result, provided that neither that file nor its page exists yet.

    Args:
        content: the content photo; the result has the same format, if that can be written.
        style: the style photo.
        preview: whether the result is a preview.
        folder: where the result goes; None: beside the content photo.
    """
    name = f"{content.stem}-{style.stem}{'-preview' if preview else ''}{content.suffix}"
    path = (content.parent if folder is None else folder) / name
    try:
        photo_file.check(path, Encoding())
    except VerismError:
        path = path.with_suffix(".jpg")
    return path


def sheet_path(request: Request) -> Path:
    """Return a path for the sheet, next to the photos or in their folder, named after what its pictures have in common.

    This is the photo, or else the folder of the first one; the style, if there is only one; and the strength.
    """
    first, *others = request.contents
    common = [first.resolve().parent.name if others else first.stem]
    if len(request.styles) == 1:
        common.append(request.named(request.styles[0]).stem)
    if request.preview:
        common.append("preview")
    common.append(request.strength.in_names.removeprefix("-"))
    return (first.parent if request.folder is None else request.folder) / "-".join([*filter(None, common), "sheet.jpg"])


def for_preview(options: Sequence[str]) -> list[str]:
    """Return options that name a preview's files after those that the whole run will write."""
    named, name = [], ""
    for word in options:
        option, equals, value = word.partition("=")
        if name in WRITTEN:
            named.append(_preview_name(word))
        elif option in WRITTEN and equals:
            named.append(f"{option}={_preview_name(value)}")
        else:
            named.append(word)
        name = "" if name in WRITTEN else word
    return named


def _preview_name(file: str) -> str:
    """Return the name of a preview's file, which may be a URL."""
    stem, dot, ending = file.rpartition(".")
    return f"{stem}-preview.{ending}" if dot else f"{file}-preview"
