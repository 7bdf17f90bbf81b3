"""Options of the commands that write files from a finished run: declared and read in one place."""

from __future__ import annotations

from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from verism import atomic
from verism.clip import ClipEncoding
from verism.clip.encoding import Codec
from verism.look.strength import Strength
from verism.photo_file import Encoding

REPLACE = "or set --output.overwrite true"


def add_strength(parser: ArgumentParser) -> None:
    """Add how much of the look is shown."""
    parser.add_class_arguments(Strength, "output", as_group=False, instantiate=False)


def add_encoding(parser: ArgumentParser) -> None:
    """Add how pictures are written."""
    parser.add_class_arguments(Encoding, "output", as_group=False, instantiate=False)


def add_codec(parser: ArgumentParser) -> None:
    """Add how clips are written, beside ``add_encoding``."""
    parser.add_argument(
        "--output.codec",
        type=Codec,
        default="h264",
        help="Codec of clips. h264: plays everywhere; prores: for editing programs, in 10 bits; ffv1: lossless. The "
        "bit depth is the clip's own, or 8 with --output.depth 8.",
    )


def add_file(parser: ArgumentParser, formats: str) -> None:
    """Add the file that is written.

    Args:
        parser: of the command.
        formats: what it can be, as in "A .cube or .png file."
    """
    parser.add_argument("--output.path", type=Path, required=True, help=formats)
    parser.add_argument("--output.overwrite", type=bool, default=False, help="Replace a file that exists.")


def strength(output: Namespace) -> Strength:
    """Return how much of the look is shown; raise ``VerismError`` if that is not from 0 to 1."""
    found = Strength(output.strength, output.color, output.tone)
    found.check()
    return found


def encoding(output: Namespace) -> Encoding:
    """Return how pictures are written."""
    return Encoding(output.profile, output.depth, output.dither, output.quality)


def clip_encoding(output: Namespace) -> ClipEncoding:
    """Return how clips are written."""
    # 16 is the depth of photos that have more than 8; clips keep theirs.
    return ClipEncoding(output.codec, 8 if output.depth == 8 else None)  # noqa: PLR2004


def check_file(output: Namespace) -> Path:
    """Return the file that is written; raise ``VerismError`` if it cannot be, or is there and must not be replaced."""
    path: Path = output.path
    atomic.check(path)
    atomic.check_absent(path, replace=output.overwrite, remedy=f"choose another --output.path, {REPLACE}")
    return path
