"""WebP files."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from io import SEEK_CUR
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from verism.photo_file import metadata
from verism.photo_file.color import Color
from verism.photo_file.decoded import Decoded
from verism.photo_file.metadata import Blocks
from verism.photo_file.samples import of_pillow
from verism.photo_file.size import check_size

_HEAD = 12
_APART = (b"ICCP", b"EXIF", b"XMP ")
_FLAGS = 0x20 | 0x08 | 0x04
"""Bits of the extended header that announce the chunks in ``_APART``."""


def read(path: Path) -> Decoded:
    """Read a WebP file, leaving out damaged metadata."""
    data = path.read_bytes()
    chunks = list(_chunks(data))
    body = b"".join(_plain(data[start:end]) for kind, _, start, end in chunks if kind not in _APART)
    core = b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body
    with Image.open(io.BytesIO(core), formats=("WEBP",)) as file:
        check_size(path, *file.size)
        pictures = getattr(file, "n_frames", 1)
        samples = of_pillow(file)
    blocks = {kind: contents for kind, contents, _, _ in reversed(chunks)}
    profile = blocks.get(b"ICCP", b"")
    about = metadata.about(Blocks(metadata.exif_block(blocks.get(b"EXIF", b"")), xmp=blocks.get(b"XMP ", b"")))
    return Decoded(samples, Color(profile) if profile else None, about, pictures=pictures)


def exif(file: BinaryIO) -> bytes:
    """Read only the EXIF block of an open file. Empty if there is none."""
    file.seek(_HEAD)
    while len(head := file.read(8)) == 8:  # noqa: PLR2004
        length = int.from_bytes(head[4:], "little")
        if head[:4] == b"EXIF":
            return file.read(length)
        file.seek(length + length % 2, SEEK_CUR)
    return b""


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes, int, int]]:
    """Yield the name, contents, start and end of each chunk. The last chunk may be truncated."""
    place = _HEAD
    while place + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, place)
        end = place + 8 + length + length % 2
        yield kind, data[place + 8 : place + 8 + length], place, end
        place = end


def _plain(chunk: bytes) -> bytes:
    """Return a chunk unchanged, except for an extended header, which loses the bits of the chunks left out."""
    if chunk[:4] == b"VP8X" and len(chunk) > 8:  # noqa: PLR2004
        return chunk[:8] + bytes([chunk[8] & ~_FLAGS]) + chunk[9:]
    return chunk
