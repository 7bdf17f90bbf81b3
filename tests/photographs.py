"""Pictures, samples and colour profiles for photo files."""

from __future__ import annotations

import itertools
import struct
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
