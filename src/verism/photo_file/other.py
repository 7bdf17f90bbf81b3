"""Formats whose metadata Pillow reads: BMP, GIF, JPEG 2000, PPM and similar formats."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from PIL import Image

from verism.photo_file import boxes, metadata
from verism.photo_file.color import Color
from verism.photo_file.decoded import Decoded
from verism.photo_file.metadata import Blocks
from verism.photo_file.samples import Samples, of_pillow, split
from verism.photo_file.size import check_size
from verism.photo_file.unsupported import UnsupportedError

FORMATS = ("BMP", "DIB", "GIF", "JPEG2000", "PCX", "PPM", "PSD", "QOI", "SGI", "TGA")
"""Pillow's names of these formats. Its other formats are not for photos, or are read by another library."""

_JP2_START = b"\xff\x4f\xff\x51"
"""Start of a JPEG 2000 codestream, followed by the segment with the size and channels."""

_CMYK, _SRGB, _GREY, _SYCC = 12, 16, 17, 18
_KNOWN_SPACES = {_CMYK, _SRGB, _GREY, _SYCC}
"""Supported colour spaces of JPEG 2000, by number."""


def check(path: Path) -> None:
    """Raise ``PIL.UnidentifiedImageError`` unless a file starts like one of these formats."""
    Image.open(path, formats=FORMATS).close()


def read(path: Path) -> Decoded:
    """Read a file of another format.

    Raises:
        ValueError: if its samples are of an unsupported kind.
        PIL.UnidentifiedImageError: if it has none of these formats.
    """
    with Image.open(path, formats=FORMATS) as file:
        check_size(path, *file.size)
        pictures = getattr(file, "n_frames", 1)
        info = dict(file.info)
        if file.format == "PSD":
            # The first picture is the composite of all layers.
            pictures = 1
            _check_photoshop(file)
        data = path.read_bytes() if file.format == "JPEG2000" else b""
        samples = _jpeg2000(data, file) if data else _samples(file)
    profile = (_jpeg2000_profile(data) if data else b"") or info.get("icc_profile")
    comment = info.get("comment", b"")
    dpi = info.get("dpi")
    blocks = Blocks(
        exif=metadata.exif_block(_bytes(info.get("exif"))),
        xmp=_bytes(info.get("xmp")),
        texts=metadata.decoded_texts([(metadata.COMMENT, comment if isinstance(comment, bytes) else b"")]),
        dpi=metadata.dots_per_inch([float(value) for value in dpi], 1.0) if isinstance(dpi, tuple) else None,
    )
    about = metadata.about(blocks)
    space = Color(profile) if isinstance(profile, bytes) and profile else None
    return Decoded(samples, space, about, pictures=pictures)


def _samples(file: Any) -> Samples:
    if file.mode == "I":
        # Greyscale PPM of more than 8 bits, which Pillow scales to 16.
        return Samples(np.asarray(file)[..., None].clip(0, 65535).astype(np.uint16))
    if file.mode == "F":
        raise UnsupportedError("floating-point samples, which are read from TIFF alone")
    return of_pillow(file)


def _jpeg2000(data: bytes, file: Any) -> Samples:
    """Return the samples of a JPEG 2000 file at their own depth. Pillow would keep only 8 bits.

    Raises:
        ValueError: if they are of an unsupported kind.
    """
    depths, spaces = _depths(data), _enumerated(data)
    if any(depth & 0x80 for depth in depths) or len(set(depths)) > 1 or not spaces <= _KNOWN_SPACES:
        raise UnsupportedError("a JPEG 2000 file of an unusual kind; convert it to TIFF or PNG")
    bits = depths[0] + 1
    if bits <= 8:  # noqa: PLR2004
        return of_pillow(file)
    if _SYCC in spaces or len(depths) not in (1, 3) or boxes.find(_boxed(data), b"jp2h", b"pclr") is not None:
        raise UnsupportedError("a JPEG 2000 file of more than 8 bits that is not plain RGB; convert it to TIFF or PNG")
    return split(np.asarray(imagecodecs.jpeg2k_decode(data)), bits)


def _depths(data: bytes) -> list[int]:
    """Return the depth of each channel minus 1. The highest bit is set for signed samples."""
    place = data.find(_JP2_START) + len(_JP2_START)
    (count,) = struct.unpack_from(">H", data, place + 36)
    return [data[place + 38 + 3 * i] for i in range(count)]


def _boxed(data: bytes) -> bytes:
    """Return the concatenated boxes of a file. Empty if the file is a bare codestream."""
    return data if data[4:8] == b"jP  " else b""


def _descriptions(data: bytes) -> list[bytes]:
    header = boxes.find(_boxed(data), b"jp2h") or b""
    return [box.body for box in boxes.boxes(header) if box.kind == b"colr"]


def _enumerated(data: bytes) -> set[int]:
    return {int.from_bytes(body[3:7]) for body in _descriptions(data) if body[0] == 1}


def _jpeg2000_profile(data: bytes) -> bytes:
    return next((body[3:] for body in _descriptions(data) if body[0] == 2), b"")  # noqa: PLR2004


def _check_photoshop(file: Any) -> None:
    if file.mode == "LAB" or "A" in file.mode:
        raise UnsupportedError("a Photoshop file in Lab, or with an extra channel; flatten it, or save it as TIFF")


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else b""
