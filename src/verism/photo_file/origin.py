"""Detects pictures made by verism from file headers alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from PIL import ExifTags, Image

from verism.photo_file import jpeg, png, tiff, webp
from verism.photo_file.metadata import PROGRAM, exif_block

_START = 12
"""Number of bytes at the start of a file that identify the formats of results."""


def made_by_verism(path: str | Path) -> bool:
    """Return whether a picture was written by verism, according to its Software tag. False if it cannot be read.

    Only headers are read: a few kilobytes, whatever the size of the file.
    """
    path = Path(path)
    exif = Image.Exif()
    try:
        with path.open("rb") as file:
            start = file.read(_START)
            load = next((load for begins, load in _LOADERS if begins(start)), None)
            if load is None:
                return False
            load(file, exif)
            return str(exif.get(ExifTags.Base.Software, "")).startswith(f"{PROGRAM} ")
    except Exception:  # A damaged file can make Pillow raise any exception. Whoever reads the photo reports it.
        return False


def _of_block(find: Callable[[BinaryIO], bytes]) -> Callable[[BinaryIO, Image.Exif], None]:
    """Return a function that loads the EXIF block that ``find`` returns, which is empty if there is none."""

    def load(file: BinaryIO, exif: Image.Exif) -> None:
        block = exif_block(find(file))
        if block is not None:
            block(exif)

    return load


def _of_tiff(file: BinaryIO, exif: Image.Exif) -> None:
    file.seek(0)
    exif.load_from_fp(file)


_LOADERS: Sequence[tuple[Callable[[bytes], bool], Callable[[BinaryIO, Image.Exif], None]]] = (
    (lambda start: start.startswith(b"\xff\xd8\xff"), _of_block(jpeg.exif)),
    (lambda start: start.startswith(png.SIGNATURE), _of_block(png.exif)),
    (lambda start: start[:4] == b"RIFF" and start[8:] == b"WEBP", _of_block(webp.exif)),
    (lambda start: start.startswith(tiff.BEGINNINGS[:2]), _of_tiff),
)
"""For each format of results, a test of a file's first bytes, and a function that loads its EXIF."""
