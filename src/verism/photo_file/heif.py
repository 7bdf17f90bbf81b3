"""HEIC and AVIF files."""

from __future__ import annotations

import importlib
import io
import struct
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from verism.photo_file import boxes, color, metadata
from verism.photo_file.boxes import Box
from verism.photo_file.color import Color
from verism.photo_file.decoded import Decoded
from verism.photo_file.metadata import Blocks
from verism.photo_file.samples import Samples, split
from verism.photo_file.size import check_size

_UNKNOWN = "its colour space is named by {} that are not known; values are taken as sRGB"


def read_heic(path: Path) -> Decoded:
    """Read a HEIC file at its own depth. libheif applies rotation, mirroring and cropping."""
    heif: Any = importlib.import_module("pillow_heif")
    file = heif.open_heif(path, convert_hdr_to_8bit=False, hdr_to_16bit=False)
    check_size(path, *file.size)
    info, pictures = dict(file.info), len(file)
    bits = int(info.get("bit_depth", 8))
    samples = np.asarray(file)
    nclx = info.get("nclx_profile") or {}
    space, notes = _space(
        info.get("icc_profile"),
        (int(nclx["color_primaries"]), int(nclx["transfer_characteristics"])) if nclx else None,
    )
    packet = info.get("xmp")
    blocks = Blocks(metadata.exif_block(info.get("exif") or b""), xmp=packet if isinstance(packet, bytes) else b"")
    return Decoded(
        split(samples, bits, associated=bool(file.premultiplied_alpha)),
        space,
        metadata.about(blocks),
        upright=True,
        pictures=pictures,
        notes=notes,
    )


def read_avif(path: Path) -> Decoded:
    """Read an AVIF file at its own depth, and apply its rotation, mirroring and cropping.

    Raises:
        ValueError: if its boxes are damaged.
    """
    data = path.read_bytes()
    properties = boxes.primary_properties(data)
    extent = next((box.body for box in properties if box.kind == b"ispe"), b"")
    check_size(path, *struct.unpack_from(">II", extent, 4))
    samples = _first_frame(data) if boxes.find(data, b"moov") is not None else np.asarray(imagecodecs.avif_decode(data))
    for box in properties:
        if box.kind in _TRANSFORMS:
            samples = _TRANSFORMS[box.kind](samples, box.body)
    pictures, blocks = 1, Blocks()
    try:
        with Image.open(io.BytesIO(data), formats=("AVIF",)) as file:
            pictures = getattr(file, "n_frames", 1)
            packet = file.info.get("xmp", b"")
            blocks = Blocks(metadata.exif_block(file.info.get("exif", b"")), xmp=packet)
    except Exception:  # The picture was decoded, so it is the metadata that Pillow fails on.
        blocks = Blocks(damaged=("metadata",))
    space, notes = _space(_icc(properties), _nclx(properties))
    return Decoded(
        _split(samples, properties, data), space, metadata.about(blocks), upright=True, pictures=pictures, notes=notes
    )


def _first_frame(data: bytes) -> NDArray[Any]:
    """Return the first picture of a sequence at 8 bits, using Pillow: imagecodecs decodes all of them, or crashes."""
    with Image.open(io.BytesIO(data), formats=("AVIF",)) as file:
        return np.asarray(file)


def _split(samples: NDArray[Any], properties: Sequence[Box], data: bytes) -> Samples:
    if samples.dtype == np.uint8:
        return split(samples)
    depths = next((box.body[5:] for box in properties if box.kind == b"pixi"), b"")
    return split(samples, depths[0] if depths else _coded_depth(data))


def _coded_depth(data: bytes) -> int:
    """Return the bits per sample of coded pictures with more than 8 bits: 10 or 12 in AVIF."""
    container = boxes.find(data, b"meta", b"iprp", b"ipco") or b""
    configuration = next((box.body for box in boxes.boxes(container) if box.kind == b"av1C"), bytes(4))
    return 12 if configuration[2] & 0x20 else 10


def _icc(properties: Sequence[Box]) -> bytes | None:
    return next(
        (box.body[4:] for box in properties if box.kind == b"colr" and box.body[:4] in (b"prof", b"rICC")), None
    )


def _nclx(properties: Sequence[Box]) -> tuple[int, int] | None:
    for box in properties:
        if box.kind == b"colr" and box.body[:4] == b"nclx":
            primaries, transfer = struct.unpack_from(">HH", box.body, 4)
            return primaries, transfer
    return None


def _space(profile: Any, code_points: tuple[int, int] | None) -> tuple[Color | None, tuple[str, ...]]:
    """Return the colour space, preferably from an ICC profile (ISO/IEC 23000-22), and a note if it is unknown."""
    if isinstance(profile, bytes) and profile:
        return Color(profile), ()
    if code_points is None:
        return None, ()
    try:
        return color.of_code_points(*code_points), ()
    except ValueError as error:
        return None, (_UNKNOWN.format(error),)


def _cropped(samples: NDArray[Any], body: bytes) -> NDArray[Any]:
    """Crop to the clean aperture: width, height, and the offset of its centre, each a fraction."""
    values = struct.unpack(">IIIIiIiI", body[:32])
    width, height, across, down = (values[i] / values[i + 1] for i in (0, 2, 4, 6))
    rows, columns = samples.shape[:2]
    left, top = across + (columns - width) / 2, down + (rows - height) / 2
    if not (left >= 0 and top >= 0 and left + width <= columns and top + height <= rows):
        raise ValueError("a clean aperture that is not within the picture")
    return samples[round(top) : round(top + height), round(left) : round(left + width)]


def _turned(samples: NDArray[Any], body: bytes) -> NDArray[Any]:
    """Rotate anticlockwise by quarter turns."""
    return np.rot90(samples, body[0] & 3)


def _mirrored(samples: NDArray[Any], body: bytes) -> NDArray[Any]:
    """Mirror left to right, or top to bottom."""
    return np.flip(samples, 1 if body[0] & 1 else 0)


_TRANSFORMS: Mapping[bytes, Callable[[NDArray[Any], bytes], NDArray[Any]]] = {
    b"clap": _cropped,
    b"irot": _turned,
    b"imir": _mirrored,
}
