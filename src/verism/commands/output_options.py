"""Declares and reads the options of the commands that write files from a finished run."""

from __future__ import annotations

from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from verism import atomic
from verism.clip import ClipEncoding
from verism.clip.encoding import Codec
from verism.commands import same_file
from verism.look import saved
from verism.look.strength import Strength
from verism.photo_file import Encoding

REPLACE = "or set --output.overwrite true"


def add_strength(parser: ArgumentParser) -> None:
    """Add the options for the strength of the look: overall, of its colour and of its tone."""
    parser.add_class_arguments(Strength, "output", as_group=False, instantiate=False)


def add_encoding(parser: ArgumentParser) -> None:
    """Add the options for how pictures are written."""
    parser.add_class_arguments(Encoding, "output", as_group=False, instantiate=False)


def add_sheet(parser: ArgumentParser) -> None:
    """Add the option for the contact sheet of several photos."""
    parser.add_argument(
        "--output.sheet",
        type=bool,
        default=True,
        help="Write sheet.jpg with up to 24 of the photos before and after; false: not.",
    )


def add_codec(parser: ArgumentParser) -> None:
    """Add the option for how clips are written; their bit depth is an option of ``add_encoding``."""
    parser.add_argument(
        "--output.codec",
        type=Codec,
        default="h264",
        help="Codec of clips. h264: plays everywhere; prores: for editing programs, in 10 bits; ffv1: lossless. The "
        "bit depth is the clip's own, or 8 with --output.depth 8.",
    )


def add_file(parser: ArgumentParser, formats: str, otherwise: str = "") -> None:
    """Add the options for the file that is written.

    Args:
        parser: the parser of the command.
        formats: the formats that it can have, as in "A .cube or .png file."
        otherwise: the file that is used if none is named, as the rest of a sentence; empty: it must be named.
    """
    if otherwise:
        parser.add_argument("--output.path", type=Path | None, default=None, help=f"{formats} null: {otherwise}")
    else:
        parser.add_argument("--output.path", type=Path, required=True, help=formats)
    parser.add_argument("--output.overwrite", type=bool, default=False, help="Replace a file that exists.")


def strength(output: Namespace) -> Strength:
    """Return the strength of the look; raise ``VerismError`` if one of its numbers is not from 0 to 1."""
    found = Strength(output.strength, output.color, output.tone)
    found.check()
    return found


def encoding(output: Namespace) -> Encoding:
    """Return how pictures are written."""
    return Encoding(output.profile, output.depth, output.dither, output.quality)


def clip_encoding(output: Namespace) -> ClipEncoding:
    """Return how clips are written."""
    # A depth of 16 is meant for photos; clips keep their own depth.
    return ClipEncoding(output.codec, 8 if output.depth == 8 else None)  # noqa: PLR2004


def check_file(path: Path, output: Namespace, look: Path, content: Path | None = None) -> None:
    """Check the file to write.

    Args:
        path: the file.
        output: the options.
        look: the look that it is made from, as ``saved.file`` takes it.
        content: the content photo, if it is not where the look says.

    Raises:
        VerismError: the file cannot be written, is one of the look's photos, or exists and must not be replaced.
    """
    atomic.check(path)
    if not path.exists():
        return
    # Checked first, because suggesting an option would not help here.
    contents, styles = saved.photos(look)
    own = [(same_file.CONTENT, photo) for photo in (*contents, content) if photo is not None]
    same_file.check_result("output.path", path, [*own, *((same_file.STYLE, photo) for photo in styles)])
    atomic.check_absent(path, replace=output.overwrite, remedy=f"choose another --output.path, {REPLACE}")
