"""JPEG files, and what is damaged in them."""

from __future__ import annotations

import struct
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from photographs import ADOBE, RAMP, difference, exif_entry, save
from PIL import ExifTags, Image

from verism import images, photo_file
from verism.errors import VerismError

PICTURE = Image.fromarray(RAMP)


def test_a_photo_that_is_shown_small_is_decoded_small(tmp_path: Path) -> None:
    """Turned as it should be, and not below the size that is asked for."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    whole = Image.linear_gradient("L").resize((640, 400)).convert("RGB")
    path = save(tmp_path / "photo.jpg", whole, exif=exif, quality=95)
    full, small = photo_file.read(path).pixels, photo_file.read(path, least=100).pixels
    assert full.shape == (1, 3, 640, 400)
    assert small.shape == (1, 3, 160, 100)
    torch.testing.assert_close(small, images.resize(full, (160, 100)), rtol=0, atol=0.02)
    assert photo_file.read(path, least=401).pixels.shape == full.shape


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">HH", 0xFF00 | marker, 2 + len(body)) + body


def write(path: Path, *segments: bytes) -> Path:
    """Write a JPEG file with such segments in front of all others."""
    data = save(path, PICTURE, quality=100, subsampling=0).read_bytes()
    path.write_bytes(data[:2] + b"".join(segments) + data[2:])
    return path


DAMAGED = {
    "EXIF": segment(0xE1, b"Exif\0\0not a TIFF at all"),
    "XMP": segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta><broken"),
    "IPTC": segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\xff\xff\xff\xff"),
    "colour profile": segment(0xE2, b"ICC_PROFILE\0\1\2" + ADOBE[:100]),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damage_costs_what_is_damaged_and_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str) -> None:
    with caplog.at_level("INFO"):
        photo = photo_file.read(write(tmp_path / "photo.jpg", DAMAGED[name], segment(0xFE, b"kept")))
    assert f"photo.jpg: its {name} is damaged and left out." in caplog.text
    assert difference(photo.pixels, RAMP) < 1
    assert photo.texts == (("Comment", "kept"),)


@pytest.mark.parametrize(
    "block",
    [exif_entry(282, 2, b"72 dpi\0\0"), exif_entry(ExifTags.Base.Artist, 2, b"Erika\0")[:-4]],
    ids=["resolution in words", "cut off"],
)
def test_a_damaged_entry_costs_the_entry(tmp_path: Path, caplog: pytest.LogCaptureFixture, block: bytes) -> None:
    with caplog.at_level("INFO"):
        photo = photo_file.read(write(tmp_path / "photo.jpg", segment(0xE1, block)))
    assert "photo.jpg: parts of its EXIF are damaged and left out." in caplog.text
    assert difference(photo.pixels, RAMP) < 1


def test_other_segments_and_padding_are_passed_over(tmp_path: Path) -> None:
    """Camera makers put anything in front of the picture: also what looks like another picture."""
    anything = (segment(0xE7, b"\xff\xd8\xff\xda"), b"\xff\xff\xff", segment(0xE2, b"MPF\0junk"), b"junk")
    assert difference(images.read(write(tmp_path / "photo.jpg", *anything)), RAMP) < 1


def test_the_first_of_several_pictures(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What phones put behind a photo, such as a gain map, is not worth a word."""
    other = Image.fromarray(255 - RAMP)
    PICTURE.save(tmp_path / "photo.jpg", format="MPO", quality=100, subsampling=0, save_all=True, append_images=[other])
    with caplog.at_level("INFO"):
        assert difference(images.read(tmp_path / "photo.jpg"), RAMP) < 1
    assert caplog.text == ""


def adobe_by_exif(index: object, space: int) -> Image.Exif:
    exif = Image.Exif()
    details = exif.get_ifd(ExifTags.IFD.Exif)
    # Pillow writes a directory into TIFF only if it is named among the entries.
    exif[ExifTags.IFD.Exif] = details
    details[ExifTags.Base.ColorSpace] = space
    if index is not None:
        details[ExifTags.IFD.Interop] = {1: index, 2: b"0100"}
    return exif


@pytest.mark.parametrize(("index", "space", "is_adobe"), [("R03", 65535, True), (None, 2, True), ("R98", 1, False)])
def test_adobe_rgb_by_exif(tmp_path: Path, index: object, space: int, is_adobe: bool) -> None:
    """DCF 2.0; and the result, which is sRGB, does not say R03 any more."""
    even = Image.new("RGB", (64, 48), (60, 200, 60))
    exif = adobe_by_exif(index, space)
    for form in ("jpg", "png", "tiff", "webp"):
        options = {"quality": 100} if form in ("jpg", "webp") else {}
        path = save(tmp_path / f"photo.{form}", even, exif=exif, **options)
        photo = photo_file.read(path)
        red = float(photo.pixels[0, 0].mean()) * 255
        assert red == pytest.approx(0 if is_adobe else 60, abs=3)
        photo_file.write(tmp_path / "result.jpg", photo, {})
        with Image.open(tmp_path / "result.jpg") as file:
            details = file.getexif().get_ifd(ExifTags.IFD.Exif)
            assert ExifTags.IFD.Interop not in details
            assert details[ExifTags.Base.ColorSpace] == 1
    path = save(tmp_path / "photo.jpg", even, exif=exif, icc_profile=ADOBE, quality=100)
    assert float(images.read(path)[0, 0].mean()) * 255 < 3


def test_inks(tmp_path: Path) -> None:
    inks = Image.fromarray(np.dstack([255 - RAMP, np.zeros_like(RAMP[..., 0])]), "CMYK")
    assert difference(images.read(save(tmp_path / "photo.jpg", inks, quality=100)), RAMP) < 3


@pytest.mark.parametrize("samples", [RAMP, RAMP[..., 0]], ids=["RGB", "grey"])
def test_12_bits_are_kept(tmp_path: Path, samples: NDArray[np.uint8]) -> None:
    levels = (samples.astype(np.int64) * 4095 // 255).astype(np.uint16)
    (tmp_path / "photo.jpg").write_bytes(imagecodecs.jpeg8_encode(levels, level=100, bitspersample=12))
    photo = photo_file.read(tmp_path / "photo.jpg")
    assert photo.depth == 16
    assert difference(photo.pixels, samples) < 1
    path = tmp_path / "photo.jpg"
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(VerismError, match=r"photo.jpg: cannot be read as an image \(it ends before its pixels do\)"):
        images.read(path)


def test_lossless_jpeg_is_refused(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(imagecodecs.ljpeg_encode(RAMP[..., 0].astype(np.uint16) * 257))
    with pytest.raises(
        VerismError, match=r"photo.jpg: cannot be read as an image \(a JPEG file of 16 bits in 1 channels"
    ):
        images.read(tmp_path / "photo.jpg")


@pytest.mark.parametrize("profile", ["adobergb", "srgb"])
def test_grey_in_a_space_of_rgb(tmp_path: Path, profile: str) -> None:
    grey, options = Image.fromarray(RAMP[..., 0]), {"icc_profile": imagecodecs.cms_profile(profile), "quality": 100}
    found = images.read(save(tmp_path / "grey.jpg", grey, **options))
    expected = images.read(save(tmp_path / "rgb.jpg", grey.convert("RGB"), **options))
    assert difference(found, expected[0].permute(1, 2, 0).numpy() * 255) < 1
