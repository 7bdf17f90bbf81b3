"""JPEG files, including those with several pictures (MPO) or gain maps (Ultra HDR). Only the first picture is read."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from io import SEEK_CUR
from pathlib import Path
from typing import BinaryIO, NamedTuple

import imagecodecs
import numpy as np
from PIL import Image

from verism.photo_file import metadata
from verism.photo_file.color import Color
from verism.photo_file.decoded import Decoded
from verism.photo_file.metadata import Blocks
from verism.photo_file.samples import GREY, RGB, of_pillow, split
from verism.photo_file.size import check_size
from verism.photo_file.unsupported import UnsupportedError

_SCAN, _END = 0xDA, 0xD9
_COMMENT = 0xFE
_APP0, _APP1, _APP2, _APP13, _APP14, _APP15 = 0xE0, 0xE1, 0xE2, 0xED, 0xEE, 0xEF
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""Markers of the segment that gives the size, depth and number of channels of the picture."""

_USUAL, _DEEP = 8, 12
"""Bits per sample of lossy JPEG."""

_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers without a segment."""

_EXIF, _XMP, _ICC = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"ICC_PROFILE\0"
_PHOTOSHOP, _JFIF = b"Photoshop 3.0\0", b"JFIF\0"

_PER_INCH = {1: 1.0, 2: 2.54}
"""JFIF's units of resolution, with the factor to dots per inch."""


class _Segment(NamedTuple):
    marker: int
    body: bytes
    start: int
    end: int


def read(path: Path, least: int | None = None) -> Decoded:
    """Read a JPEG file, leaving out damaged metadata.

    Args:
        path: the file.
        least: decode at a half, a quarter or an eighth of the size, as long as each side has at least this many pixels.
            None for full size.

    Raises:
        ValueError: if the file ends before its pixels do, or is of an unsupported kind.
    """
    data = path.read_bytes()
    segments, scan = _segments(data)
    if data[scan : scan + 2] != bytes((0xFF, _SCAN)):
        raise ValueError("it ends before its pixels do")
    kept = [
        data[segment.start : segment.end]
        for segment in segments
        if segment.marker != _COMMENT
        and not (_APP1 <= segment.marker <= _APP15 and segment.marker != _APP14)
        and not (segment.marker == _APP0 and not segment.body.startswith(_JFIF))
    ]
    # Only what the pixels depend on, so that damaged metadata cannot prevent decoding.
    core = data[:2] + b"".join(kept) + data[scan:]
    precision, height, width, channels = _frame(segments)
    check_size(path, width, height)
    if precision == _DEEP and channels in (GREY, RGB):
        # libjpeg silently fills in missing pixels with grey. This marker cannot occur within the pixel data.
        if bytes((0xFF, _END)) not in data[scan:]:
            raise ValueError("it ends before its pixels do")
        samples = split(np.asarray(imagecodecs.jpeg8_decode(core)), precision)
    elif precision == _USUAL:
        with Image.open(io.BytesIO(core), formats=("JPEG",)) as file:
            if least is not None:
                file.draft(None, (least, least))
            samples = of_pillow(file)
    else:
        raise UnsupportedError(f"a JPEG file of {precision} bits in {channels} channels; convert it to TIFF or PNG")
    profile, damaged = _profile(segments)
    return Decoded(samples, Color(profile) if profile else None, metadata.about(_blocks(segments, damaged)))


def exif(file: BinaryIO) -> bytes:
    """Read only the EXIF block of an open file. Empty if there is none."""
    file.seek(2)
    while len(head := file.read(4)) == 4 and head[0] == 0xFF and head[1] not in (_SCAN, _END):  # noqa: PLR2004
        length = max(0, int.from_bytes(head[2:]) - 2)
        if head[1] == _APP1 and (body := file.read(length)).startswith(_EXIF):
            return body
        if head[1] != _APP1:
            file.seek(length, SEEK_CUR)
    return b""


def _frame(segments: list[_Segment]) -> tuple[int, int, int, int]:
    """Return the bits per sample, height, width and number of channels of the picture.

    Raises:
        ValueError: if there is none.
    """
    for segment in segments:
        if segment.marker in _FRAMES and len(segment.body) > 5:  # noqa: PLR2004
            precision, height, width, channels = struct.unpack_from(">BHHB", segment.body)
            return precision, height, width, channels
    raise ValueError("no picture in it")


def _segments(data: bytes) -> tuple[list[_Segment], int]:
    """Return the segments before the first scan, and the offset of the scan."""
    found, place = [], 2
    while place + 4 <= len(data):
        if data[place] != 0xFF or data[place + 1] in (0, 0xFF):  # noqa: PLR2004
            # Skip bytes that are not a marker, as decoders do.
            place += 1
            continue
        marker = data[place + 1]
        if marker in (_SCAN, _END):
            break
        if marker in _ALONE:
            place += 2
            continue
        (length,) = struct.unpack_from(">H", data, place + 2)
        end = place + 2 + max(2, length)
        found.append(_Segment(marker, data[place + 4 : end], place, end))
        place = end
    return found, min(place, len(data))


def _bodies(segments: list[_Segment], marker: int, name: bytes) -> Iterator[bytes]:
    for segment in segments:
        if segment.marker == marker and segment.body.startswith(name):
            yield segment.body[len(name) :]


def _profile(segments: list[_Segment]) -> tuple[bytes, tuple[str, ...]]:
    """Join the ICC profile from its segments. If some are missing, return no profile, and the name of the damage."""
    parts = {part[0]: part for part in _bodies(segments, _APP2, _ICC) if len(part) > 2}  # noqa: PLR2004
    if not parts:
        return b"", ()
    count = next(iter(parts.values()))[1]
    if sorted(parts) != list(range(1, count + 1)):
        return b"", ("colour profile",)
    return b"".join(parts[number][2:] for number in sorted(parts)), ()


def _blocks(segments: list[_Segment], damaged: tuple[str, ...]) -> Blocks:
    iptc = b""
    try:
        iptc = metadata.iptc_of(b"".join(_bodies(segments, _APP13, _PHOTOSHOP)))
    except ValueError:
        damaged = (*damaged, "IPTC")
    dpi = None
    for jfif in _bodies(segments, _APP0, _JFIF):
        if len(jfif) >= 7 and jfif[2] in _PER_INCH:  # noqa: PLR2004
            dpi = metadata.dots_per_inch(struct.unpack_from(">HH", jfif, 3), _PER_INCH[jfif[2]])
    comments = [segment.body for segment in segments if segment.marker == _COMMENT]
    return Blocks(
        exif=metadata.exif_block(next(_bodies(segments, _APP1, _EXIF), b"")),
        xmp=next(_bodies(segments, _APP1, _XMP), b""),
        iptc=iptc,
        texts=metadata.decoded_texts([(metadata.COMMENT, b"\n".join(comments))]),
        dpi=dpi,
        damaged=damaged,
    )
