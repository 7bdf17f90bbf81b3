"""Pictures, samples and colour profiles for photo files."""

from __future__ import annotations

import itertools
import struct
import zlib
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

GRADIENT = np.linspace(0, 255, 40 * 50 * 3).reshape(40, 50, 3).astype(np.uint8)


WRITTEN = ("result.png", "result.jpg", "result.tiff", "result.webp")


ADOBE = imagecodecs.cms_profile("adobergb")


def save(path: Path, picture: Image.Image, **options: Any) -> Path:
    picture.save(path, **options)
    return path


def levels16(channels: int) -> NDArray[np.uint16]:
    return np.random.default_rng(0).integers(0, 65536, (40, 50, channels)).astype(np.uint16)


def as_tensor(samples: NDArray[Any], top: int) -> Tensor:
    return torch.from_numpy(samples.astype(np.float32) / np.float32(top)).permute(2, 0, 1).unsqueeze(0)


def ink_profile() -> bytes:
    """Return an ICC profile of CMYK."""
    return _profile(b"CMYK", 4)


def scanner_profile() -> bytes:
    """Return an ICC profile of RGB that leads from there alone."""
    return _profile(b"RGB ", 3)


def _profile(space: bytes, channels: int) -> bytes:
    """Return a profile of the corners of a cube of inks alone: lightness falls, hue turns."""
    corners = ((*corner, 0)[:4] for corner in itertools.product((0, 1), repeat=channels))
    lab = [
        (255 * (1 - 0.3 * c - 0.35 * m - 0.1 * y) * (1 - k), 128 - 40 * c + 60 * m, 128 - 40 * c + 70 * y)
        for c, m, y, k in corners
    ]
    ramp = bytes(range(256))
    table = bytes(int(max(0, min(255, value))) for color in lab for value in color)
    unity = struct.pack(">9i", *(65536 * (i == j) for i in range(3) for j in range(3)))
    lut = b"mft1" + bytes(4) + bytes([channels, 3, 2, 0]) + unity + channels * ramp + table + 3 * ramp
    tags = 132 + 12
    head = struct.pack(
        ">I4sI4s4s4s", tags + len(lut), b"lcms", 0x02400000, b"scnr" if channels == 3 else b"prtr", space, b"Lab "
    )
    head += bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I4sII", 1, b"A2B0", tags, len(lut)) + lut


RAMP = np.stack(np.broadcast_arrays(np.arange(64) * 4, np.arange(48)[:, None] * 5, 255), axis=2).astype(np.uint8)
"""A picture of which no side looks like another: red grows to the right, green downwards."""


def turned(samples: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Return samples as EXIF's orientations say, by the transposition that each stands for."""
    if orientation > 4:
        samples = samples.swapaxes(0, 1)
    flips = {2: (1,), 3: (0, 1), 4: (0,), 6: (1,), 7: (0, 1), 8: (0,)}
    return np.flip(samples, flips.get(orientation, ()))


def difference(pixels: Tensor, samples: NDArray[Any]) -> float:
    """Return how far pixels are from samples of 0 to 255, in the mean, in levels of 8 bits."""
    colors = samples if samples.ndim == 3 else np.repeat(samples[..., None], 3, axis=2)
    expected = torch.from_numpy(np.ascontiguousarray(colors).astype(np.float32)).permute(2, 0, 1)
    assert pixels.shape[1:] == expected.shape
    return float((pixels[0] * 255 - expected).abs().mean())


def png(path: Path, *chunks: tuple[bytes, bytes], samples: NDArray[np.uint8] = RAMP) -> Path:
    """Write a PNG file of 8 bits with such chunks before its pixels."""
    height, width = samples.shape[:2]
    head = struct.pack(">II5B", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + row.tobytes() for row in samples))
    body = ((b"IHDR", head), *chunks, (b"IDAT", rows), (b"IEND", b""))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in body))
    return path


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def exif_entry(tag: int, kind: int, data: bytes) -> bytes:
    """Return an EXIF block of one entry, of such a type and bytes."""
    count = len(data) // {1: 1, 2: 1, 3: 2}[kind]
    value = data.ljust(4, b"\0") if len(data) <= 4 else struct.pack("<I", 26)
    rest = b"" if len(data) <= 4 else data
    return b"Exif\0\0II*\0" + struct.pack("<IHHHI", 8, 1, tag, kind, count) + value + bytes(4) + rest


def tiff(path: Path, bits: int, photometric: int, samples: NDArray[Any]) -> Path:
    """Write an uncompressed TIFF file of samples ``(H, W, channels)`` of any depth, which are packed from the left."""
    height, width, channels = samples.shape
    rows = samples.reshape(height, -1)
    if bits == 24:
        data = b"".join(int(value).to_bytes(3, "little") for value in rows.ravel())
    else:
        data = b"".join(_packed(row, bits) for row in rows)
    tags = {256: width, 257: height, 258: bits, 259: 1, 262: photometric, 277: channels, 278: height, 279: len(data)}
    start = 8 + 2 + 12 * (len(tags) + 1) + 4
    depths = struct.pack(f"<{channels}H", *[bits] * channels) if channels > 2 else b""
    tags[273] = start + len(depths)
    entries = b""
    for tag, value in sorted(tags.items()):
        if tag == 258 and depths:
            entries += struct.pack("<HHII", tag, 3, channels, start)
        else:
            entries += struct.pack("<HHII", tag, 4, 1, value)
    path.write_bytes(b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4) + depths + data)
    return path


def _packed(row: NDArray[Any], bits: int) -> bytes:
    digits = "".join(format(int(value), f"0{bits}b") for value in row)
    return int(digits.ljust(-(-len(digits) // 8) * 8, "0"), 2).to_bytes(-(-len(digits) // 8), "big")


def with_clean_aperture(avif: bytes, width: int, height: int, across: int, down: int) -> bytes:
    """Return an AVIF file with one picture, of libavif's, that says of itself that it is to be cropped."""
    data = bytearray(avif)
    box = struct.pack(">I4s8i", 40, b"clap", width, 1, height, 1, across, 1, down, 1)
    start = data.index(b"ipco") - 4
    end = start + int.from_bytes(data[start : start + 4])
    count, place = 0, start + 8
    while place < end:
        count, place = count + 1, place + int.from_bytes(data[place : place + 4])
    data[end:end] = box
    entry = data.index(b"ipma") + 14
    data[entry] += 1
    data.insert(entry + data[entry], 0x80 | (count + 1))
    grown = {b"ipco": 40, b"ipma": 1, b"iprp": 41, b"meta": 41}
    for name, more in grown.items():
        place = data.index(name) - 4
        data[place : place + 4] = (int.from_bytes(data[place : place + 4]) + more).to_bytes(4)
    # Where the picture begins: of the one item, its first extent.
    place = data.index(b"iloc") + 18
    data[place : place + 4] = (int.from_bytes(data[place : place + 4]) + 41).to_bytes(4)
    return bytes(data)


def with_code_points(avif: bytes, primaries: int, transfer: int) -> bytes:
    """Return an AVIF file with other code points in its colour box."""
    place = avif.index(b"nclx") + 4
    return avif[:place] + struct.pack(">HH", primaries, transfer) + avif[place + 4 :]
