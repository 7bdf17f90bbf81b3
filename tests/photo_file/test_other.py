"""Formats that Pillow reads."""

from __future__ import annotations

from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray
from photographs import ADOBE, RAMP, difference, save
from PIL import Image

from verism import images, photo_file
from verism.errors import VerismError

GREY = RAMP[..., 0]


@pytest.mark.parametrize("name", ["a.bmp", "a.ppm", "a.tga", "a.pcx", "a.sgi", "a.jp2", "a.qoi"])
def test_lossless_formats(tmp_path: Path, name: str) -> None:
    assert difference(images.read(save(tmp_path / name, Image.fromarray(RAMP))), RAMP) == 0


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
@pytest.mark.parametrize("container", ["JP2", "J2K"])
@pytest.mark.parametrize("samples", [RAMP, GREY], ids=["RGB", "grey"])
def test_jpeg_2000_keeps_its_depth(tmp_path: Path, samples: NDArray[np.uint8], container: str, bits: int) -> None:
    levels = (samples.astype(np.int64) * (2**bits - 1) // 255).astype(np.uint8 if bits == 8 else np.uint16)
    data = imagecodecs.jpeg2k_encode(levels, level=0, bitspersample=bits, codecformat=container)
    (tmp_path / "photo.jp2").write_bytes(data)
    photo = photo_file.read(tmp_path / "photo.jp2")
    assert photo.depth == (8 if bits == 8 else 16)
    assert difference(photo.pixels, levels * (255 / (2**bits - 1))) < 0.01


def test_the_profile_of_jpeg_2000(tmp_path: Path) -> None:
    """In its box of a colour specification, by the restricted ICC method."""
    data = imagecodecs.jpeg2k_encode(RAMP, level=0, codecformat="JP2")
    place = data.index(b"colr") - 4
    length = int.from_bytes(data[place : place + 4])
    box = (11 + len(ADOBE)).to_bytes(4) + b"colr\2\0\0" + ADOBE
    head = data.index(b"jp2h") - 4
    grown = int.from_bytes(data[head : head + 4]) + len(box) - length
    data = data[:head] + grown.to_bytes(4) + data[head + 4 : place] + box + data[place + length :]
    (tmp_path / "photo.jp2").write_bytes(data)
    photo = photo_file.read(tmp_path / "photo.jp2")
    assert photo.profile == ADOBE
    assert difference(photo.pixels, RAMP) > 3


def test_signed_samples_of_jpeg_2000_are_refused(tmp_path: Path) -> None:
    data = bytearray(imagecodecs.jpeg2k_encode(RAMP, level=0, codecformat="J2K"))
    data[42] |= 0x80
    (tmp_path / "photo.j2k").write_bytes(data)
    with pytest.raises(VerismError, match=r"photo.j2k: cannot be read .*JPEG 2000 file of an unusual kind"):
        images.read(tmp_path / "photo.j2k")


def test_grey_of_16_bits(tmp_path: Path) -> None:
    (tmp_path / "photo.pgm").write_bytes(b"P5 64 48 65535\n" + (GREY.astype(">u2") * 257).astype(">u2").tobytes())
    photo = photo_file.read(tmp_path / "photo.pgm")
    assert photo.depth == 16
    assert difference(photo.pixels, GREY) < 1e-3


def test_what_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.pfm").write_bytes(b"Pf 64 48 -1.0\n" + (GREY / 255).astype("<f4").tobytes())
    with pytest.raises(VerismError, match=r"a.pfm: cannot be read as an image \(floating-point samples"):
        images.read(tmp_path / "a.pfm")
    # Whatever would call another program, or is no photo.
    (tmp_path / "a.eps").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n")
    save(tmp_path / "a.ico", Image.fromarray(RAMP))
    for name in ("a.eps", "a.ico"):
        with pytest.raises(VerismError, match=rf"{name}: not an image in a format that can be read"):
            images.read(tmp_path / name)
