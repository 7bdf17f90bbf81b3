"""Refuses one file in two roles: as photo and look, or as photo and result; checked before the slow imports, too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from verism.commands import one_line
from verism.commands.words import settled, value_of
from verism.errors import VerismError
from verism.missing import exists

CONTENT, STYLE = "data.content", "data.style"

OWN = {CONTENT: "your photo", STYLE: "the style photo"}
"""What a photographer calls the files of these options."""

RESULTS = ("output.path", "output.lut")
"""Options that name files written by a run."""

REGIONS = "regions.path"
"""Option that names another such file, which a result must not replace either."""


def check(command: str, args: Sequence[str]) -> None:
    """Raise ``VerismError`` for one file in two roles, as far as the arguments of a command show it for certain."""
    options = settled(command, args)
    if command == "run":
        photos = one_line.only_pair(args)
    elif command == "fit":
        given = (value_of(options, f"--{name}") for name in (CONTENT, STYLE))
        photos = tuple(Path(photo) for photo in given if photo)
    else:
        return
    if len(photos) != len(OWN):
        return
    content, style = photos
    check_photos(content, style)
    for name in (*RESULTS, REGIONS):
        result = value_of(options, f"--{name}")
        if result:
            check_result(name, Path(result), [(CONTENT, content), (STYLE, style)])


def check_photos(content: Path, style: Path) -> None:
    """Raise ``VerismError`` if both photos are the same file."""
    if _are_one(content, style):
        raise VerismError(
            f"{content}: the photo and the look are the same file, and the photo would stay as it is; "
            "choose another photo for one of them."
        )


def check_result(option: str, result: Path, inputs: Iterable[tuple[str, Path]]) -> None:
    """Raise ``VerismError`` if a result would replace one of the files that it is made from.

    Args:
        option: the option that names the result, without dashes, like all options here.
        result: the file of the result.
        inputs: the options that name the input files, with these files.
    """
    for name, taken in inputs:
        if _are_one(result, taken):
            input_ = OWN.get(name, f"--{name.replace('.init_args', '')}")
            raise VerismError(f"{result}: the result would replace {input_}; choose another --{option}.")


def _are_one(first: Path, second: Path) -> bool:
    """Return whether two paths lead to the same file, even through links."""
    return exists(first) and exists(second) and first.samefile(second)
