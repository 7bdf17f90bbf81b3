"""AVIF and HEIC files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pillow_heif
import pytest
from numpy.typing import NDArray
from photographs import ADOBE, RAMP, difference, png, save, turned, with_clean_aperture, with_code_points
from PIL import ExifTags, Image

from verism import images, photo_file
from verism.errors import VerismError

EVEN = np.full((48, 64, 3), (100, 150, 100), np.uint8)


def avif(path: Path, samples: NDArray[Any], **options: Any) -> Path:
    path.write_bytes(imagecodecs.avif_encode(samples, level=100, **options))
    return path


def heic(path: Path, samples: NDArray[np.uint16], bits: int = 10, **options: Any) -> Path:
    mode = {1: "L;16", 3: "RGB;16", 4: "RGBA;16"}[samples.shape[2]]
    file = pillow_heif.from_bytes(mode=mode, size=samples.shape[1::-1], data=samples.tobytes())
    file.save(path, quality=-1, bit_depth=bits, chroma=444, **options)
    return path


@pytest.mark.parametrize("bits", [10, 12])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("form", ["avif", "heic"])
def test_depth_is_kept(tmp_path: Path, form: str, bits: int, channels: int) -> None:
    """White is white exactly, so that what is opaque stays so."""
    levels = np.linspace(0, 2**bits - 1, 48 * 64).reshape(48, 64, 1).repeat(channels, axis=2).astype(np.uint16)
    if channels == 4:
        levels[..., 3] = 2**bits - 1
    path = tmp_path / f"photo.{form}"
    if form == "avif":
        avif(path, levels if channels > 1 else levels[..., 0], bitspersample=bits)
    else:
        heic(path, (levels.astype(np.uint32) * 65535 // (2**bits - 1)).astype(np.uint16), bits)
    photo = photo_file.read(path)
    assert photo.depth == 16
    assert photo.alpha is None
    assert len(photo.pixels[0, 1].unique()) > 800
    assert difference(photo.pixels, levels[..., :3] * (255.0 / (2**bits - 1)) + np.zeros((1, 1, 3))) < 0.3
    assert float(photo.pixels.max()) == 1


@pytest.mark.parametrize("form", ["avif", "heic"])
@pytest.mark.parametrize(("primaries", "transfer"), [(12, 13), (9, 13), (9, 16), (9, 18), (1, 8), (1, 1), (1, 13)])
def test_code_points_are_those_of_png(tmp_path: Path, form: str, primaries: int, transfer: int) -> None:
    path = tmp_path / f"photo.{form}"
    if form == "avif":
        path.write_bytes(with_code_points(bytes(imagecodecs.avif_encode(EVEN, level=100)), primaries, transfer))
    else:
        named = {"color_primaries": primaries, "transfer_characteristics": transfer}
        heic(path, EVEN.astype(np.uint16) * 257, **named)
    expected = images.read(png(tmp_path / "photo.png", (b"cICP", bytes((primaries, transfer, 0, 1))), samples=EVEN))
    assert difference(images.read(path), expected[0].permute(1, 2, 0).numpy() * 255) < 2


def test_a_profile_comes_before_code_points(tmp_path: Path) -> None:
    for form in ("AVIF", "HEIF"):
        path = save(tmp_path / f"photo.{form.lower()}", Image.fromarray(EVEN), format=form, icc_profile=ADOBE)
        assert float(images.read(path)[0, 0, 5, 5]) * 255 < 72


def test_code_points_that_are_not_known_are_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "photo.avif").write_bytes(with_code_points(bytes(imagecodecs.avif_encode(EVEN, level=100)), 1, 77))
    with caplog.at_level("INFO"):
        assert difference(images.read(tmp_path / "photo.avif"), EVEN) < 2
    assert "photo.avif: its colour space is named by code points 1 and 77 that are not known" in caplog.text


def test_the_clean_aperture_is_applied(tmp_path: Path) -> None:
    data = bytes(imagecodecs.avif_encode(RAMP, level=100))
    (tmp_path / "photo.avif").write_bytes(with_clean_aperture(data, 40, 34, 4, -2))
    assert difference(images.read(tmp_path / "photo.avif"), RAMP[5:39, 16:56]) < 1
    (tmp_path / "photo.avif").write_bytes(with_clean_aperture(data, 400, 34, 0, 0))
    with pytest.raises(VerismError, match=r"photo.avif: cannot be read .*a clean aperture that is not within"):
        images.read(tmp_path / "photo.avif")


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["AVIF", "HEIF"])
def test_orientation_is_applied_once(tmp_path: Path, form: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Artist] = "Erika"
    options: dict[str, Any] = {"subsampling": "4:4:4"} if form == "AVIF" else {"chroma": 444}
    path = tmp_path / f"photo.{form.lower()}"
    save(path, Image.fromarray(RAMP), format=form, quality=100, exif=exif.tobytes(), **options)
    photo = photo_file.read(path)
    assert difference(photo.pixels, turned(RAMP, orientation)) < 2
    found = Image.Exif()
    found.load(photo.exif)
    assert found[ExifTags.Base.Artist] == "Erika"
    assert ExifTags.Base.Orientation not in found


def test_transparency(tmp_path: Path) -> None:
    samples = np.dstack([RAMP, np.full((48, 64), 128, np.uint8)])
    for path in (avif(tmp_path / "a.avif", samples), heic(tmp_path / "a.heic", samples.astype(np.uint16) * 257)):
        photo = photo_file.read(path)
        assert photo.alpha is not None
        assert difference(photo.pixels, RAMP) < 2


def test_the_first_picture_of_a_sequence(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for form in ("AVIF", "HEIF"):
        path = tmp_path / f"photo.{form.lower()}"
        other = Image.fromarray(255 - RAMP)
        save(path, Image.fromarray(RAMP), format=form, quality=100, save_all=True, append_images=[other])
        with caplog.at_level("INFO"):
            assert difference(images.read(path), RAMP) < 4
        assert f"{path}: only the first of its 2 pictures is used." in caplog.text
