"""JPEG XL files (ISO/IEC 18181). libjxl decodes the pixels; the header says what they mean."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import imagecodecs
import numpy as np

from verism.photo_file import boxes, color, jpeg, metadata
from verism.photo_file.color import SRGB, Color
from verism.photo_file.decoded import Decoded
from verism.photo_file.metadata import Blocks
from verism.photo_file.samples import GREY, RGB, Samples, full, straight
from verism.photo_file.size import check_size
from verism.photo_file.unsupported import UnsupportedError

SIGNATURE = b"\0\0\0\x0cJXL \r\n\x87\n"
CODESTREAM = b"\xff\x0a"

_ALPHA, _SPOT, _CFA = 0, 2, 5
"""Types of extra channels."""

_GREY_SPACE, _XYB_SPACE = 1, 2
_CUSTOM = 2
_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
_WHITES = {1: (0.3127, 0.3290), 10: (1 / 3, 1 / 3), 11: (0.314, 0.351)}
_CODE_POINTS = {1: 1, 9: 9, 11: 12}
"""JPEG XL's primaries, mapped to those of ITU-T H.273 with a white of D65."""


class _Extra(NamedTuple):
    kind: int
    bits: int
    is_associated: bool


class _Header(NamedTuple):
    """The meaning of the pixels. ``bits`` is 0 for floating-point samples."""

    width: int
    height: int
    bits: int
    extras: tuple[_Extra, ...]
    is_grey: bool
    space: Color | None


class _Bits:
    """Reads a bit stream, starting at the lowest bit of each byte, as in JPEG XL."""

    def __init__(self, data: bytes) -> None:
        self._number = int.from_bytes(data, "little")
        self._left = 8 * len(data)

    def u(self, count: int) -> int:
        """Read a number of ``count`` bits."""
        self._left -= count
        if self._left < 0:
            raise ValueError("a header that is cut off")
        value = self._number & ((1 << count) - 1)
        self._number >>= count
        return value

    def flag(self) -> bool:
        return bool(self.u(1))

    def u32(self, *choices: tuple[int, int]) -> int:
        """Read a number coded in one of four ways, each an offset and a number of bits to read and add to it."""
        offset, count = choices[self.u(2)]
        return offset + self.u(count)

    def enum(self) -> int:
        return self.u32((0, 0), (1, 0), (2, 4), (18, 6))

    def chromaticity(self) -> float:
        packed = self.u32((0, 19), (524288, 19), (1048576, 20), (2097152, 21))
        return (-(packed + 1) // 2 if packed & 1 else packed // 2) / 1e6


def read(path: Path) -> Decoded:
    """Read a JPEG XL file. libjxl applies its orientation.

    Raises:
        ValueError: if its colour space is unknown, its samples are not those of a photo, or it is damaged.
    """
    data = path.read_bytes()
    stream, blocks, is_jpeg = data, Blocks(), False
    if data.startswith(SIGNATURE):
        found = list(boxes.boxes(data))
        stream = _codestream(found)
        blocks = _blocks(found)
        is_jpeg = any(box.kind == b"jbrd" for box in found)
    if is_jpeg:
        return _as_jpeg(path, data)
    header = _header(stream)
    check_size(path, header.width, header.height)
    decoded = np.asarray(imagecodecs.jpegxl_decode(data, index=0))
    return Decoded(_samples(decoded, header), header.space, metadata.about(blocks), upright=True)


def _as_jpeg(path: Path, data: bytes) -> Decoded:
    """Read a JPEG file that was losslessly transcoded to JPEG XL."""
    with tempfile.TemporaryDirectory() as folder:
        packed = Path(folder, path.with_suffix(".jpg").name)
        packed.write_bytes(imagecodecs.jpegxl_decode_jpeg(data, numthreads=1))
        return jpeg.read(packed)


def _codestream(found: Sequence[boxes.Box]) -> bytes:
    parts = [box.body[4:] if box.kind == b"jxlp" else box.body for box in found if box.kind in (b"jxlc", b"jxlp")]
    return b"".join(parts)


def _blocks(found: Sequence[boxes.Box]) -> Blocks:
    contents: dict[bytes, bytes] = {}
    damaged = []
    for box in found:
        kind, body = box
        if kind == b"brob":
            kind = body[:4]
            try:
                body = bytes(imagecodecs.brotli_decode(body[4:]))
            except Exception:  # Any kind of damage.
                damaged.append("metadata")
                continue
        contents.setdefault(kind, body)
    exif = contents.get(b"Exif", b"")
    # The box starts with the offset of the EXIF block.
    block = exif[4 + int.from_bytes(exif[:4]) :]
    return Blocks(metadata.exif_block(block), xmp=contents.get(b"xml ", b""), damaged=tuple(dict.fromkeys(damaged)))


def _samples(decoded: Any, header: _Header) -> Samples:
    if decoded.ndim == 2:  # noqa: PLR2004
        decoded = decoded[..., None]
    if decoded.ndim != 3:  # noqa: PLR2004
        raise UnsupportedError(f"{decoded.shape} samples")
    count = GREY if header.is_grey else RGB
    colors = full(decoded[..., :count], header.bits or None)
    place = next((i for i, extra in enumerate(header.extras) if extra.kind == _ALPHA), None)
    if place is None or count + place >= decoded.shape[2]:
        if place is not None:
            raise UnsupportedError("an alpha channel that is not decoded")
        return Samples(colors)
    extra = header.extras[place]
    # All channels are decoded at the depth of the colours.
    alpha = full(decoded[..., count + place :][..., :1], header.bits or None)
    return Samples(straight(colors, alpha) if extra.is_associated else colors, alpha)


def _header(stream: bytes) -> _Header:
    """Return the header of a codestream (ISO/IEC 18181-1, annex D)."""
    if not stream.startswith(CODESTREAM):
        raise ValueError("no codestream")
    bits = _Bits(stream[2:4096])
    width, height = _size(bits)
    if bits.flag():
        return _Header(width, height, 8, (), is_grey=False, space=SRGB)
    orientation = _extra_fields(bits) if bits.flag() else 1
    if orientation > 4:  # noqa: PLR2004
        width, height = height, width
    depth = _depth(bits)
    bits.flag()
    count = bits.u32((0, 0), (1, 0), (2, 4), (1, 12))
    extras = tuple(_extra(bits) for _ in range(count))
    is_xyb = bits.flag()
    is_grey, space = _color(bits, is_xyb=is_xyb)
    return _Header(width, height, depth, extras, is_grey, space)


def _size(bits: _Bits) -> tuple[int, int]:
    is_short = bits.flag()

    def side() -> int:
        return 8 * (1 + bits.u(5)) if is_short else bits.u32((1, 9), (1, 13), (1, 18), (1, 30))

    height = side()
    ratio = bits.u(3)
    if ratio == 0:
        return side(), height
    numerator, denominator = _RATIOS[ratio - 1]
    return height * numerator // denominator, height


def _extra_fields(bits: _Bits) -> int:
    """Skip fields that do not affect the pixels, and return the orientation."""
    orientation = 1 + bits.u(3)
    if bits.flag():
        _size(bits)
    if bits.flag():
        _preview(bits)
    if bits.flag():
        bits.u32((100, 0), (1000, 0), (1, 10), (1, 30))
        bits.u32((1, 0), (1001, 0), (1, 8), (1, 10))
        bits.u32((0, 0), (0, 3), (0, 16), (0, 32))
        bits.flag()
    return orientation


def _preview(bits: _Bits) -> None:
    is_short = bits.flag()

    def side() -> int:
        if is_short:
            return bits.u32((16, 0), (32, 0), (1, 5), (33, 9))
        return bits.u32((1, 6), (65, 8), (321, 10), (1345, 12))

    side()
    if bits.u(3) == 0:
        side()


def _depth(bits: _Bits) -> int:
    if not bits.flag():
        return bits.u32((8, 0), (10, 0), (12, 0), (1, 6))
    bits.u32((32, 0), (16, 0), (24, 0), (1, 6))
    bits.u(4)
    return 0


def _extra(bits: _Bits) -> _Extra:
    if bits.flag():
        return _Extra(_ALPHA, 8, is_associated=False)
    kind = bits.enum()
    depth = _depth(bits)
    bits.u32((0, 0), (3, 0), (4, 0), (1, 3))
    bits.u(8 * bits.u32((0, 0), (0, 4), (16, 5), (48, 10)))
    is_associated = kind == _ALPHA and bits.flag()
    if kind == _SPOT:
        bits.u(64)
    if kind == _CFA:
        bits.u32((1, 0), (0, 2), (3, 4), (19, 8))
    return _Extra(kind, depth, is_associated)


def _color(bits: _Bits, *, is_xyb: bool) -> tuple[bool, Color | None]:
    """Return whether the picture is grey, and its colour space."""
    if bits.flag():
        return False, SRGB
    has_profile = bits.flag()
    space = bits.enum()
    if has_profile:
        # libjxl converts samples coded in its own space to sRGB. All others are in the space of the profile.
        if is_xyb:
            return space == _GREY_SPACE, SRGB
        raise UnsupportedError(
            "a JPEG XL file with an ICC profile, which cannot be taken out; convert it to TIFF or PNG"
        )
    if space not in (0, _GREY_SPACE):
        raise UnsupportedError("a JPEG XL file of a colour space that is not RGB")
    white_number = bits.enum()
    white = [bits.chromaticity() for _ in range(2)] if white_number == _CUSTOM else _WHITES.get(white_number)
    primaries, corners = 1, None
    if space != _GREY_SPACE:
        primaries = bits.enum()
        if primaries == _CUSTOM:
            corners = [bits.chromaticity() for _ in range(6)]
    gamma = bits.u(24) / 1e7 if bits.flag() else None
    transfer = None if gamma is not None else bits.enum()
    return space == _GREY_SPACE, _named(white, white_number, primaries, corners, gamma, transfer)


def _named(
    white: Sequence[float] | None,
    white_number: int,
    primaries: int,
    corners: Sequence[float] | None,
    gamma: float | None,
    transfer: int | None,
) -> Color | None:
    """Return the colour space that the numbers in the header describe."""
    is_usual = white_number == 1 and corners is None and primaries in _CODE_POINTS
    if is_usual and transfer is not None:
        return color.of_code_points(_CODE_POINTS[primaries], transfer)
    if white is None or (corners is None and primaries not in _CODE_POINTS):
        raise UnsupportedError("a JPEG XL file of an unknown colour space")
    if transfer is not None and transfer != 13:  # noqa: PLR2004
        raise UnsupportedError("a JPEG XL file of an unusual colour space; convert it to TIFF or PNG")
    if corners is None:
        corners = color.corners_of(_CODE_POINTS[primaries])
    return color.of_chromaticities(corners, white, None if gamma is None else 1 / gamma)
