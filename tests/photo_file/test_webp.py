"""WebP files, and what is damaged in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from photographs import ADOBE, RAMP, difference, exif_entry, save
from PIL import Image

from verism import images, photo_file

PICTURE = Image.fromarray(RAMP)


@pytest.mark.parametrize(
    ("name", "options"),
    [("EXIF", {"exif": b"Exif\0\0not a TIFF at all"}), ("XMP", {"xmp": b"<x:xmpmeta><broken"})],
)
def test_damage_costs_what_is_damaged_and_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str, options: dict[str, bytes]
) -> None:
    with caplog.at_level("INFO"):
        photo = photo_file.read(save(tmp_path / "a.webp", PICTURE, lossless=True, icc_profile=ADOBE, **options))
    assert f"a.webp: its {name} is damaged and left out." in caplog.text
    assert photo.profile == ADOBE


def test_transparency_and_orientation(tmp_path: Path) -> None:
    samples = np.dstack([RAMP, np.full((48, 64), 128, np.uint8)])
    exif = exif_entry(274, 1, b"\3")
    photo = photo_file.read(save(tmp_path / "a.webp", Image.fromarray(samples), lossless=True, exact=True, exif=exif))
    assert photo.alpha is not None
    assert difference(photo.pixels, np.rot90(RAMP, 2)) < 1
    assert difference(photo.over_white, np.rot90(RAMP, 2) * (128 / 255) + 127) < 1


def test_a_chunk_that_is_not_known_is_passed_over(tmp_path: Path) -> None:
    path = save(tmp_path / "a.webp", PICTURE, lossless=True, xmp=b"<a/>")
    data = path.read_bytes() + b"JUNK\3\0\0\0abc\0"
    path.write_bytes(data[:4] + (len(data) - 8).to_bytes(4, "little") + data[8:])
    assert difference(images.read(path), RAMP) == 0
