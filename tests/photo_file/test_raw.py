"""Raw files: developed or refused, and never their preview."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from verism import images, photo_file
from verism.errors import VerismError

PREVIEW = np.zeros((171, 256, 3), np.uint8)

WHITE_LEVEL, BLACK_LEVEL = 4095, 95


def write_dng(path: Path, sensor: np.ndarray[Any, np.dtype[np.uint16]], orientation: int = 1) -> Path:
    """Write a DNG whose sensor sees sRGB's primaries: its preview first, the sensor's samples below it."""
    # From XYZ of D65 to linear sRGB.
    matrix = (32406, -15372, -4986, -9689, 18758, 415, 557, -2040, 10570)
    first = [
        (50706, "B", 4, (1, 4, 0, 0), True),
        (50708, "s", 0, "Test", True),
        (50721, "2i", 9, tuple(part for value in matrix for part in (value, 10000)), True),
        (50728, "2I", 3, (1, 1, 1, 1, 1, 1), True),
        (50778, "H", 1, 21, True),
        (274, "H", 1, orientation, True),
        (271, "s", 0, "Camera & Co", True),
        (315, "s", 0, "Erika", True),
    ]
    mosaic = [
        (33421, "H", 2, (2, 2), True),
        (33422, "B", 4, (0, 1, 1, 2), True),
        (50714, "H", 1, BLACK_LEVEL, True),
        (50717, "H", 1, WHITE_LEVEL, True),
    ]
    with tifffile.TiffWriter(path) as file:
        file.write(PREVIEW, photometric="rgb", subfiletype=1, subifds=1, metadata=None, extratags=first)
        file.write(sensor, photometric=32803, subfiletype=0, metadata=None, extratags=mosaic)
    return path


@pytest.mark.parametrize("orientation", [1, 6])
def test_is_developed_at_full_size(tmp_path: Path, orientation: int) -> None:
    """Of an even grey at a quarter of the range, with the camera's white balance: sRGB of 0.25, in 16 bits."""
    sensor = np.full((300, 400), BLACK_LEVEL + (WHITE_LEVEL - BLACK_LEVEL) // 4, np.uint16)
    photo = photo_file.read(write_dng(tmp_path / "photo.dng", sensor, orientation))
    assert photo.pixels.shape[-2:] == ((300, 400) if orientation == 1 else (400, 300))
    assert photo.depth == 16
    grey = 1.055 * 0.25 ** (1 / 2.4) - 0.055
    inner = photo.pixels[..., 20:-20, 20:-20]
    assert float((inner - grey).abs().max()) < 0.01


def test_what_the_camera_said_is_carried_over_but_not_what_describes_the_sensor(tmp_path: Path) -> None:
    photo = photo_file.read(write_dng(tmp_path / "photo.dng", np.full((300, 400), 1000, np.uint16)))
    photo_file.write(tmp_path / "result.tif", photo, {})
    with tifffile.TiffFile(tmp_path / "result.tif") as file:
        page: Any = file.pages[0]
        assert page.tags[271].value == "Camera & Co"
        assert page.tags[315].value == "Erika"
        assert not any(tag in page.tags for tag in (50706, 50708, 50721, 33421, 330))
    # And it is a photo, not a raw file.
    assert photo_file.read(tmp_path / "result.tif").pixels.shape == photo.pixels.shape


BEGINNINGS = {
    "photo.cr2": b"II*\0\x10\0\0\0CR\2\0",
    "photo.cr3": b"\0\0\0\x18ftypcrx \0\0\0\1crx isom",
    "photo.raf": b"FUJIFILMCCD-RAW 0201",
    "photo.orf": b"IIRO\x08\0\0\0",
    "photo.rw2": b"IIU\0\x08\0\0\0",
    "photo.x3f": b"FOVb",
    "photo.mrw": b"\0MRM",
    "photo.crw": b"II\x1a\0\0\0HEAPCCDR",
}


@pytest.mark.parametrize("name", BEGINNINGS)
def test_makers_own_files_that_cannot_be_developed_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(BEGINNINGS[name] + bytes(4000))
    with pytest.raises(VerismError, match=rf"{name}: cannot be developed as a raw file \(.*\); export it as a TIFF"):
        images.read(tmp_path / name)


@pytest.mark.parametrize("name", ["photo.nef", "photo.ARW", "photo.pef", "photo.srw", "photo.3fr", "photo.iiq"])
def test_the_preview_of_a_file_that_is_named_as_a_raw_one_is_not_taken(tmp_path: Path, name: str) -> None:
    """Where the sensor's samples are not found, as in makers' directories of their own."""
    tifffile.imwrite(tmp_path / name, PREVIEW, photometric="rgb", metadata=None)
    with pytest.raises(VerismError, match=rf"{name}: cannot be developed as a raw file"):
        images.read(tmp_path / name)


def test_without_the_package_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_dng(tmp_path / "photo.dng", np.full((300, 400), 1000, np.uint16))
    monkeypatch.setattr(photo_file.raw, "RAWPY", False)
    with pytest.raises(VerismError, match=r"photo.dng: raw files need another package: pip install"):
        images.read(tmp_path / "photo.dng")


def test_a_raw_file_of_too_many_pixels_is_refused(tmp_path: Path) -> None:
    with photo_file.limited(0.002), pytest.raises(VerismError, match=r"photo.dng: has more pixels"):
        images.read(write_dng(tmp_path / "photo.dng", np.full((300, 400), 1000, np.uint16)))
