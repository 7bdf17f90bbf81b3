"""Which pictures verism made."""

from __future__ import annotations

from pathlib import Path

import imagecodecs
import pytest
from conftest import synthetic_photo
from photographs import WRITTEN
from PIL import ExifTags, Image

from verism import images, photo_file
from verism.photo_file import made_by_verism


@pytest.mark.parametrize("name", WRITTEN)
def test_by_their_headers_alone(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is decoded, and what is after the headers need not be there."""
    path = tmp_path / name
    images.write(path, synthetic_photo(300, 400, 1), {"look": "theirs"})

    def decoded(*_: object) -> None:
        raise AssertionError("pixels were decoded")

    monkeypatch.setattr(Image.Image, "load", decoded)
    monkeypatch.setattr(imagecodecs, "png_decode", decoded)
    assert made_by_verism(path)
    if path.suffix != ".webp":
        # There, EXIF comes last.
        path.write_bytes(path.read_bytes()[:8000])
        assert made_by_verism(path)


@pytest.mark.parametrize("name", [*WRITTEN, "photo.gif", "photo.avif"])
def test_others_are_not(tmp_path: Path, name: str) -> None:
    """Of another program, of none, or edited by another since."""
    path = tmp_path / name
    picture = photo_file.to_pillow(photo_file.Photo(synthetic_photo(40, 50, 1)))
    picture.save(path)
    assert not made_by_verism(path)
    exif = Image.Exif()
    exif[ExifTags.Base.Software] = "darktable 5.0, once verism"
    picture.save(path, exif=exif)
    assert not made_by_verism(path)


@pytest.mark.parametrize("data", [b"", b"verism 0.1", b"\xff\xd8\xff\xe1\0\x20Exif\0\0II", b"II*\0\xff\xff\xff\xff"])
def test_nor_are_files_that_cannot_be_read(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "damaged.jpg").write_bytes(data)
    assert not made_by_verism(tmp_path / "damaged.jpg")
    assert not made_by_verism(tmp_path / "gone.jpg")
