"""The formats of results."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, TiffImagePlugin

from verism.photo_file.metadata import COMMENT, METRE, PHOTOSHOP_IPTC, entries, resolution, small
from verism.photo_file.samples import RGB

SEGMENT = 65533
"""Maximum number of bytes in a segment of a JPEG file. Metadata that does not fit is left out."""

KEYWORD = 79
"""Maximum number of characters in the keyword of a PNG text."""

DENSITY = 65536
"""Exclusive upper limit of the resolution in a JPEG file, in dots per inch."""


class Extras(NamedTuple):
    """Everything that is written in addition to the pixels."""

    exif: Image.Exif
    profile: bytes
    xmp: bytes
    iptc: bytes
    texts: tuple[tuple[str, str], ...]


class Format(NamedTuple):
    """A format of results.

    Attributes:
        encode: encodes samples ``(H, W, 3 or 4)``, uint8 or uint16, and extras, at a quality from 1 to 100, which
            lossless formats ignore. Returns the contents of the file.
        depths: supported numbers of bits per sample.
        alpha: whether transparency is supported.
        side: maximum number of pixels on a side.
    """

    encode: Callable[[NDArray[Any], Extras, int], bytes]
    depths: tuple[int, ...]
    alpha: bool
    side: int


def _png(samples: NDArray[Any], extras: Extras, _: int) -> bytes:
    """Encode PNG with imagecodecs, since Pillow only writes 8-bit colour, and insert the metadata chunks."""
    encoded = bytes(imagecodecs.png_encode(np.ascontiguousarray(samples)))
    chunks = [(b"iCCP", b"ICC profile\0\0" + zlib.compress(extras.profile)), (b"eXIf", extras.exif.tobytes()[6:])]
    dpi = resolution(extras.exif)
    if dpi is not None:
        chunks.append((b"pHYs", struct.pack(">IIB", *(round(value / METRE) for value in dpi), 1)))
    if extras.xmp:
        chunks.append(_text("XML:com.adobe.xmp", extras.xmp))
    chunks.extend(_text(keyword, text.encode()) for keyword, text in extras.texts if 0 < len(keyword) <= KEYWORD)
    # After the signature and the first chunk.
    return encoded[:33] + b"".join(_chunk(*chunk) for chunk in chunks) + encoded[33:]


def _text(keyword: str, text: bytes) -> tuple[bytes, bytes]:
    """Return the name and contents of an uncompressed text chunk in UTF-8."""
    return b"iTXt", keyword.encode("latin-1", "replace") + b"\0\0\0\0\0" + text


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _tiff(samples: NDArray[Any], extras: Extras, _: int) -> bytes:
    """Encode TIFF with deflate and horizontal differencing. Pillow only writes 8-bit TIFF."""
    height, width, channels = samples.shape
    differences = np.diff(samples, axis=1, prepend=samples.dtype.type(0))
    # In the byte order of the photo's EXIF, since its 16-bit texts have that order.
    is_little = extras.exif.endian == "<"
    data = zlib.compress(differences.astype(samples.dtype.newbyteorder("<" if is_little else ">")).tobytes())
    directory = TiffImagePlugin.ImageFileDirectory_v2((b"II*\0" if is_little else b"MM\0*") + bytes(4))
    for tag, value in entries(extras.exif):
        directory[tag] = value
    directory[ExifTags.IFD.Exif] = extras.exif.get_ifd(ExifTags.IFD.Exif)
    structure: dict[int, Any] = {
        TiffImagePlugin.IMAGEWIDTH: width,
        TiffImagePlugin.IMAGELENGTH: height,
        TiffImagePlugin.BITSPERSAMPLE: (samples.dtype.itemsize * 8,) * channels,
        TiffImagePlugin.COMPRESSION: 8,
        TiffImagePlugin.PHOTOMETRIC_INTERPRETATION: 2,
        TiffImagePlugin.SAMPLESPERPIXEL: channels,
        TiffImagePlugin.ROWSPERSTRIP: height,
        TiffImagePlugin.STRIPOFFSETS: 0,
        TiffImagePlugin.STRIPBYTECOUNTS: len(data),
        TiffImagePlugin.PLANAR_CONFIGURATION: 1,
        TiffImagePlugin.PREDICTOR: 2,
        TiffImagePlugin.ICCPROFILE: extras.profile,
    }
    if channels > RGB:
        structure[TiffImagePlugin.EXTRASAMPLES] = 2  # Alpha is not premultiplied.
    if extras.xmp:
        structure[TiffImagePlugin.XMP] = extras.xmp
    if extras.iptc:
        structure[TiffImagePlugin.IPTC_NAA_CHUNK] = extras.iptc
    for tag, value in structure.items():
        directory[tag] = value
    file = io.BytesIO()
    directory.save(file)
    file.write(data)
    return file.getvalue()


def _jpeg(samples: NDArray[Any], extras: Extras, quality: int) -> bytes:
    blocks = b""
    if extras.iptc:
        # An empty name, and an even number of bytes.
        resource = b"8BIM" + struct.pack(">HHI", PHOTOSHOP_IPTC, 0, len(extras.iptc)) + extras.iptc
        block = b"Photoshop 3.0\0" + resource + bytes(len(resource) % 2)
        if len(block) <= SEGMENT:
            blocks = b"\xff\xed" + struct.pack(">H", 2 + len(block)) + block
    xmp = extras.xmp if len(extras.xmp) <= SEGMENT - 29 else b""
    fitted = extras._replace(exif=small(extras.exif, SEGMENT), xmp=xmp)
    comment = dict(extras.texts).get(COMMENT, "").encode()
    dpi = resolution(extras.exif)
    options: dict[str, Any] = {"extra": blocks}
    if comment and len(comment) <= SEGMENT:
        options["comment"] = comment
    if dpi is not None and max(dpi) < DENSITY:
        options["dpi"] = dpi
    return _by_pillow(samples, fitted, format="JPEG", quality=quality, subsampling="4:4:4", **options)


def _webp(samples: NDArray[Any], extras: Extras, quality: int) -> bytes:
    return _by_pillow(samples, extras, format="WEBP", quality=quality, exact=True)


def _by_pillow(samples: NDArray[Any], extras: Extras, **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(samples).save(file, exif=extras.exif, icc_profile=extras.profile, xmp=extras.xmp, **options)
    return file.getvalue()


_JPEG = Format(_jpeg, (8,), alpha=False, side=65500)

FORMATS: Mapping[str, Format] = {
    ".png": Format(_png, (8, 16), alpha=True, side=2**31 - 1),
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".tif": Format(_tiff, (8, 16), alpha=True, side=2**31 - 1),
    ".tiff": Format(_tiff, (8, 16), alpha=True, side=2**31 - 1),
    ".webp": Format(_webp, (8,), alpha=True, side=16383),
}
"""The formats by file ending."""
