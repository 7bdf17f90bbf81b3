"""The part of the command ``run`` that needs only the standard library: its help, and errors about missing photos."""

from __future__ import annotations

import glob
import shlex
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path

from verism import endings
from verism.commands.words import leading, take, value_of
from verism.errors import VerismError
from verism.missing import exists, missing
from verism.waiting import STARTING, waiting

HELP = """usage: verism [run] PHOTO... STYLE [--preview] [--open] [OPTION...]
       verism [run] PHOTO... --styles STYLE... [--preview] [--open] [OPTION...]

Give photos the look of another.

  verism mine.jpg theirs.jpg            one picture: mine-theirs.jpg, next to mine.jpg
  verism a.jpg b.jpg theirs.jpg         one picture for each photo, and a sheet of all
  verism 'holiday/*.jpg' theirs.jpg     likewise for all photos of a pattern, or of a folder
  verism a.jpg --styles x.jpg y.jpg     one picture for each style, and a sheet of all
  verism a.jpg x.jpg y.jpg --data.style_weights '[2, 1]'    one picture, in a mixture: two parts of x, one of y
  verism mine.jpg theirs.jpg --output.strength 0.6
  verism 'holiday/*.jpg' theirs.jpg --output.path graded/   the pictures go into that folder
  verism clip.mp4 theirs.jpg            a clip: clip-theirs.mp4, in one look that is fitted to nine of its frames

A picture has its photo's format where that can be written, else JPEG, and takes a new name rather than replace a file.
Each has a page to look closer, mine-theirs.html; the pages of several pictures are in the folders of their runs, below
lightning_logs, and the sheet is beside the photos: holiday-theirs-sheet.jpg, if they are in the folder holiday.
Photos come first, then options. Patterns and folders leave out what verism made. If several pictures were stopped, the
same command, given again, keeps those that are whole and makes the rest.

options:
  --preview     make a quick picture of 1000 pixels, and print the command that makes the whole of it
  --open        open the result's page in a browser, or the sheet of several pictures
  --styles      style photos; each gives one picture
  --output.sheet false   make no sheet of several pictures
  OPTION        any option of verism fit, such as --output.strength 0.6 or --config leaky.yaml (default: photoreal.yaml)
"""

BOTH = "First yours, last the one whose look it takes on: verism mine.jpg theirs.jpg"

STYLES, ALONE = ("--styles", "--style"), ("--preview", "--open")
"""Options that take photos, and options that take no value."""

OF_FILES = ("--data.content", "--data.style")
"""Options of ``fit`` that name the photos in place of the leading words."""


def run(args: Sequence[str]) -> None:
    """Run ``run`` with its arguments; help and misspelled file names are handled without its slow imports.

    Raises:
        SystemExit: for ``--help``.
        VerismError: a photo does not exist; also as the command itself does.
    """
    if {"--help", "-h"} & set(args):
        sys.stdout.write(HELP)
        raise SystemExit(0)
    _check_order(args)
    for word in _photos(args):
        if not endings.is_clip(Path(word)) and not glob.has_magic(word) and not exists(Path(word)):
            error = missing(Path(word))
            is_new = args.index(word) > 1 and word in leading(args)[0] and not str(error).endswith("?")
            if is_new and Path(word).suffix:
                raise VerismError(f"{word}: no such photo; if the picture is to be called so: --output.path {word}")
            raise error
    _check_count(args)
    with waiting(STARTING), import_module("verism.startup").quick_imports():
        command = import_module("verism.commands.run")
    command.run(args)


def _check_order(args: Sequence[str]) -> None:
    """Raise ``VerismError`` for a photo after the value of an option, which would otherwise be ignored."""
    for place, (option, value, word) in enumerate(zip(args, args[1:], args[2:], strict=False)):
        takes_one = option.startswith("--") and "=" not in option and option not in (*STYLES, *ALONE)
        if takes_one and _is_no_option(value) and _is_no_option(word) and exists(Path(word)):
            rest = [*args[:place], *args[place + 3 :]]
            front = leading(rest)[0]
            command = ["verism", *front, word, *rest[len(front) :], option, value]
            raise VerismError(f"{word}: photos come first, and options after them: {shlex.join(command)}")


def _check_count(args: Sequence[str]) -> None:
    """Raise ``VerismError`` if no photo, or only one, is given: a look comes from another photo."""
    # Options without a value may stand between the photos.
    photos = list(_photos([word for word in args if word not in ALONE]))
    if not photos:
        raise VerismError(f"run: which photos? {BOTH}")
    if len(photos) == 1:
        (photo,) = photos
        _check_style(photo, args)
        pair = [photo, "theirs.jpg"] if photo == args[0] else ["mine.jpg", photo]
        options = [word for word in args if word not in (photo, *STYLES)]
        raise VerismError(
            f"{photo}: the look comes from another photo, which is missing: {shlex.join(['verism', *pair, *options])}"
        )


def _check_style(photo: str, args: Sequence[str]) -> None:
    """Raise ``VerismError`` if the style of the only photo is given by an option, as for ``fit``."""
    named, others = take([word for word in args if word != photo], "--data.style")
    if not named:
        return
    styles = [name.strip(" '\"") for name in named.strip("[] ").split(",")]
    command = ["verism", photo, *styles, *others]
    if len(styles) > 1 and value_of(others, "--data.style_weights") is None:
        command += ["--data.style_weights", f"[{', '.join('1' * len(styles))}]"]
    mixes = ", with weights that mix them" if len(styles) > 1 else ""
    raise VerismError(f"--data.style: here, styles come after the photo{mixes}: {shlex.join(command)}")


def only_pair(args: Sequence[str]) -> tuple[Path, ...]:
    """Return the photo and the style if the arguments clearly ask for one picture by two file names; else nothing.

    Clips, patterns and folders are left to the command.
    """
    words = [word for word in args if word not in ALONE]
    photos = tuple(map(Path, _photos(words)))
    # Options may replace the photos.
    is_sure = not any(word.partition("=")[0] in OF_FILES for word in words)
    are_files = all(exists(photo) and photo.is_file() and not endings.is_clip(photo) for photo in photos)
    return photos if is_sure and are_files and len(photos) == 2 else ()  # noqa: PLR2004


def _photos(args: Sequence[str]) -> Iterator[str]:
    """Yield the words that name photos: the leading ones, and those after ``--styles``."""
    words = list(args)
    yield from leading(words)[0]
    for place, word in enumerate(words):
        if word in STYLES:
            yield from leading(words[place + 1 :])[0]


def _is_no_option(word: str) -> bool:
    return not word.startswith("-")
