"""JPEG XL files."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray
from photographs import ADOBE, RAMP, difference, turned
from PIL import ExifTags, Image

from verism import images, photo_file
from verism.errors import VerismError

GREY = RAMP[..., 0]


def encode(path: Path, samples: NDArray[Any], **options: Any) -> Path:
    path.write_bytes(imagecodecs.jpegxl_encode(samples, **options))
    return path


@pytest.mark.parametrize("container", [False, True])
@pytest.mark.parametrize("lossless", [False, True])
@pytest.mark.parametrize("samples", [RAMP, GREY], ids=["RGB", "grey"])
def test_8_bits(tmp_path: Path, samples: NDArray[np.uint8], lossless: bool, container: bool) -> None:
    options = {"lossless": True} if lossless else {"level": 95}
    photo = photo_file.read(encode(tmp_path / "photo.jxl", samples, usecontainer=container, **options))
    assert photo.depth == 8
    assert difference(photo.pixels, samples) < (1e-3 if lossless else 1)


@pytest.mark.parametrize("bits", [10, 12, 16])
@pytest.mark.parametrize("channels", [1, 3])
def test_more_bits_keep_their_depth(tmp_path: Path, bits: int, channels: int) -> None:
    """The encoder calls samples of more than 8 bits linear light, and so they are read."""
    light = np.linspace(0, 1, 48 * 64).reshape(48, 64, 1).repeat(channels, axis=2)
    samples = (light * (2**bits - 1)).round().astype(np.uint16)
    shown = samples if channels == 3 else samples[..., 0]
    photo = photo_file.read(encode(tmp_path / "photo.jxl", shown, lossless=True, bitspersample=bits))
    assert photo.depth == 16
    expected = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055) * 255
    assert difference(photo.pixels, np.broadcast_to(expected, RAMP.shape)) < 0.2
    assert float(photo.pixels.max()) == pytest.approx(1)


def test_floats_are_linear_light(tmp_path: Path) -> None:
    photo = photo_file.read(encode(tmp_path / "photo.jxl", np.full((48, 64, 3), 0.214, np.float32), lossless=True))
    assert float(photo.pixels.mean()) == pytest.approx(0.5, abs=0.001)


def test_transparency(tmp_path: Path) -> None:
    for colors in (RAMP, GREY):
        samples = np.dstack([colors, np.full_like(GREY, 128)])
        photo = photo_file.read(encode(tmp_path / "photo.jxl", samples, lossless=True))
        assert photo.alpha is not None
        assert difference(photo.pixels, colors) < 1


def test_a_jpeg_that_was_packed_is_read_with_all_that_it_says(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Artist] = "Erika"
    file = io.BytesIO()
    Image.fromarray(RAMP).save(file, "JPEG", quality=100, exif=exif, icc_profile=ADOBE)
    (tmp_path / "photo.jpg").write_bytes(file.getvalue())
    (tmp_path / "photo.jxl").write_bytes(imagecodecs.jpegxl_encode_jpeg(file.getvalue(), usecontainer=True))
    packed, plain = (photo_file.read(tmp_path / f"photo.{form}") for form in ("jxl", "jpg"))
    assert bool((packed.pixels == plain.pixels).all())
    assert packed._replace(lost=None)[2:] == plain._replace(lost=None)[2:]
    assert packed.profile == ADOBE
    assert packed.pixels.shape[-2:] == turned(RAMP, 6).shape[:2]


def test_metadata_in_boxes(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "Erika"
    block = bytes(4) + exif.tobytes()[6:]
    packet = b'<x:xmpmeta xmlns:x="adobe:ns:meta/" note="kept"/>'
    packed = b"xml " + imagecodecs.brotli_encode(packet)
    data = imagecodecs.jpegxl_encode(RAMP, lossless=True, usecontainer=True)
    extra = b"".join((8 + len(body)).to_bytes(4) + kind + body for kind, body in ((b"Exif", block), (b"brob", packed)))
    (tmp_path / "photo.jxl").write_bytes(data[:32] + extra + data[32:])
    photo = photo_file.read(tmp_path / "photo.jxl")
    found = Image.Exif()
    found.load(photo.exif)
    assert found[ExifTags.Base.Artist] == "Erika"
    assert photo.xmp == packet
    assert difference(photo.pixels, RAMP) == 0


def test_damage_is_one_sentence(tmp_path: Path) -> None:
    data = encode(tmp_path / "photo.jxl", np.random.default_rng(0).integers(0, 256, RAMP.shape, np.uint8)).read_bytes()
    for length in (2, 5, 12, len(data) // 2):
        (tmp_path / "photo.jxl").write_bytes(data[:length])
        with pytest.raises(VerismError, match=r"photo.jxl: cannot be read as an image"):
            images.read(tmp_path / "photo.jxl")


def test_too_many_pixels_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    with photo_file.limited(0.002), pytest.raises(VerismError, match=r"photo.jxl: has more pixels"):
        images.read(encode(tmp_path / "photo.jxl", RAMP))
