"""PNG files."""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from io import SEEK_CUR
from pathlib import Path
from typing import BinaryIO, NamedTuple

import imagecodecs
from PIL import Image

from verism.photo_file import color, metadata
from verism.photo_file.color import SRGB, Color
from verism.photo_file.decoded import Decoded
from verism.photo_file.metadata import Blocks
from verism.photo_file.samples import of_pillow, split
from verism.photo_file.size import check_size

SIGNATURE = b"\x89PNG\r\n\x1a\n"

_CORE = (b"IHDR", b"PLTE", b"tRNS", b"IDAT")
"""Chunks that the pixels depend on. In an animation, they hold the default picture."""

_END = b"\0\0\0\0IEND\xae\x42\x60\x82"

_XMP = "XML:com.adobe.xmp"
_RAW_PROFILE = "Raw profile type "
_MOST_TEXT = 2**24
"""Maximum size of a decompressed text or profile, in bytes: far more than any needs, without exhausting memory."""

_SRGB_GAMMA = range(45000, 46000)
"""Values of gAMA, in 1/100000, that represent sRGB's own curve."""


class _Texts(NamedTuple):
    """Texts of a file, as keyword and bytes, and the kinds of damaged blocks."""

    found: tuple[tuple[str, bytes], ...]
    damaged: tuple[str, ...]


def read(path: Path) -> Decoded:
    """Read a PNG file, leaving out damaged metadata.

    Raises:
        ValueError: if the file ends before its pixels do.
    """
    data = path.read_bytes()
    chunks = list(_chunks(data))
    pixels = [end for kind, *_, end in chunks if kind == b"IDAT"]
    # The checksum after the pixels may be missing.
    if not pixels or pixels[-1] - 4 > len(data):
        raise ValueError("it ends before its pixels do")
    core = SIGNATURE + b"".join(data[start:end] for kind, _, start, end in chunks if kind in _CORE) + _END
    with Image.open(io.BytesIO(core), formats=("PNG",)) as file:
        check_size(path, *file.size)
        # Pillow supports at most 8 bits of colour.
        is_deep = core[24] > 8  # noqa: PLR2004
        samples = split(imagecodecs.png_decode(core)) if is_deep else of_pillow(file)
    bodies = {kind: body for kind, body, _, _ in reversed(chunks)}
    texts = _texts(chunks)
    control = bodies.get(b"acTL", b"")
    pictures = int.from_bytes(control[:4]) if len(control) == 8 else 1  # noqa: PLR2004
    space, notes = _color(bodies)
    return Decoded(samples, space, metadata.about(_blocks(bodies, texts)), pictures=pictures, notes=notes)


def exif(file: BinaryIO) -> bytes:
    """Read only the EXIF block before the pixels of an open file. Empty if there is none."""
    file.seek(len(SIGNATURE))
    while len(head := file.read(8)) == 8 and head[4:] != b"IDAT":  # noqa: PLR2004
        length = int.from_bytes(head[:4])
        if head[4:] == b"eXIf":
            return file.read(length)
        file.seek(length + 4, SEEK_CUR)
    return b""


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes, int, int]]:
    """Yield the name, contents, start and end of each chunk. The last chunk may be truncated."""
    place = len(SIGNATURE)
    while place + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        yield kind, data[place + 8 : place + 8 + length], place, place + 12 + length
        place += 12 + length


def _color(bodies: Mapping[bytes, bytes]) -> tuple[Color | None, tuple[str, ...]]:
    """Return the colour space, in the order of precedence of the PNG specification, third edition, section 4.3."""
    notes: list[str] = []
    for kind, parse in _SPACES.items():
        if kind in bodies:
            try:
                return parse(bodies[kind], bodies), tuple(notes)
            except (ValueError, struct.error, zlib.error):
                notes.append(f"its {kind.decode()} chunk, which names its colour space, cannot be used")
    return None, tuple(notes)


def _of_cicp(body: bytes, _: Mapping[bytes, bytes]) -> Color | None:
    primaries, transfer, matrix, full_range = struct.unpack(">4B", body)
    if matrix != 0 or full_range != 1:
        raise ValueError("cICP that is not RGB of full range")
    return color.of_code_points(primaries, transfer)


def _of_iccp(body: bytes, _: Mapping[bytes, bytes]) -> Color | None:
    compressed = body.partition(b"\0")[2][1:]
    return Color(_inflated(compressed))


def _of_srgb(_: bytes, __: Mapping[bytes, bytes]) -> Color | None:
    return SRGB


def _of_gama(body: bytes, bodies: Mapping[bytes, bytes]) -> Color | None:
    (gamma,) = struct.unpack(">I", body)
    if gamma == 0:
        raise ValueError("gamma 0")
    exponent = None if gamma in _SRGB_GAMMA else 100000 / gamma
    if b"cHRM" in bodies:
        white, corners = _chromaticities(bodies[b"cHRM"])
        return color.of_chromaticities(corners, white, exponent)
    return SRGB if exponent is None else color.of_chromaticities(None, None, exponent)


def _of_chrm(body: bytes, _: Mapping[bytes, bytes]) -> Color | None:
    white, corners = _chromaticities(body)
    return color.of_chromaticities(corners, white)


def _chromaticities(body: bytes) -> tuple[list[float], list[float]]:
    values = [value / 100000 for value in struct.unpack(">8I", body)]
    return values[:2], values[2:]


_SPACES: Mapping[bytes, Callable[[bytes, Mapping[bytes, bytes]], Color | None]] = {
    b"cICP": _of_cicp,
    b"iCCP": _of_iccp,
    b"sRGB": _of_srgb,
    b"gAMA": _of_gama,
    b"cHRM": _of_chrm,
}


def _texts(chunks: list[tuple[bytes, bytes, int, int]]) -> _Texts:
    found, damaged = [], []
    for kind, body, _, _ in chunks:
        if kind in _TEXTS:
            keyword, _, rest = body.partition(b"\0")
            try:
                found.append((keyword.decode("latin-1"), _TEXTS[kind](rest)))
            except (ValueError, IndexError, zlib.error):
                damaged.append("text")
    return _Texts(tuple(found), tuple(damaged))


def _international(rest: bytes) -> bytes:
    is_compressed = rest[0] == 1
    _, _, text = rest[2:].split(b"\0", 2)
    return _inflated(text) if is_compressed else text


_TEXTS: Mapping[bytes, Callable[[bytes], bytes]] = {
    b"tEXt": bytes,
    b"zTXt": lambda rest: _inflated(rest[1:]),
    b"iTXt": _international,
}


def _inflated(data: bytes) -> bytes:
    inflater = zlib.decompressobj()
    text = inflater.decompress(data, _MOST_TEXT)
    if inflater.unconsumed_tail or not inflater.eof:
        raise ValueError("compressed data that is cut off, or too long")
    return text


def _blocks(bodies: Mapping[bytes, bytes], texts: _Texts) -> Blocks:
    named = dict(reversed(texts.found))
    damaged = list(texts.damaged)
    profiles: dict[str, bytes] = {}
    for keyword, text in named.items():
        if keyword.startswith(_RAW_PROFILE):
            try:
                profiles[keyword.removeprefix(_RAW_PROFILE).lower()] = _raw_profile(text)
            except ValueError:
                damaged.append(keyword)
    iptc = b""
    try:
        iptc = metadata.iptc_of(profiles.get("iptc", b"") or profiles.get("8bim", b""))
    except ValueError:
        damaged.append("IPTC")
    dpi = None
    if len(bodies.get(b"pHYs", b"")) == 9 and bodies[b"pHYs"][8] == 1:  # noqa: PLR2004
        dpi = metadata.dots_per_inch(struct.unpack_from(">II", bodies[b"pHYs"]), metadata.METRE)
    return Blocks(
        exif=metadata.exif_block(bodies.get(b"eXIf") or profiles.get("exif") or profiles.get("app1") or b""),
        xmp=named.get(_XMP) or profiles.get("xmp") or b"",
        iptc=iptc,
        texts=metadata.decoded_texts(
            (keyword, text)
            for keyword, text in texts.found
            if keyword not in (_XMP, "Software") and not keyword.startswith(_RAW_PROFILE)
        ),
        dpi=dpi,
        damaged=tuple(dict.fromkeys(damaged)),
    )


def _raw_profile(text: bytes) -> bytes:
    """Decode a block that ImageMagick has written as text: name, length and hexadecimal digits."""
    match = re.fullmatch(rb"\s*\S+\s+(\d+)\s+([0-9a-fA-F\s]*)", text)
    if match is None:
        raise ValueError("a raw profile")
    data = bytes.fromhex(match[2].decode())
    if len(data) != int(match[1]):
        raise ValueError("a raw profile")
    return data
