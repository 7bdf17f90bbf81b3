"""The endings of files are those that verism's own readers and writers have."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from verism import endings
from verism.clip.encoding import ENCODERS
from verism.errors import VerismError
from verism.look import lut_file
from verism.photo_file import encoders, other


def test_they_are_those_of_the_writers() -> None:
    assert tuple(encoders.FORMATS) == endings.PICTURES
    assert set(lut_file.FORMATS) == set(endings.TABLES)
    assert {container for encoder in ENCODERS.values() for container in encoder.containers} == set(endings.CLIPS_KEPT)


def test_a_photo_of_any_format_that_is_read_is_known() -> None:
    Image.init()
    read = (*other.FORMATS, "JPEG", "MPO", "PNG", "TIFF", "WEBP", "AVIF", "HEIF")
    assert {ending for ending, form in Image.registered_extensions().items() if form in read} <= endings.PHOTOS


@pytest.mark.parametrize("name", ["a.jpg", "b/A.NEF", "a.HEIC", "a.jxl", "a.b.tiff"])
def test_photos(name: str) -> None:
    assert endings.is_photo(Path(name))
    assert not endings.is_clip(Path(name))


@pytest.mark.parametrize("name", ["a.mp4", "b/A.MOV", "a.mts"])
def test_clips(name: str) -> None:
    assert endings.is_clip(Path(name))
    assert not endings.is_photo(Path(name))


@pytest.mark.parametrize("name", ["main.py", "notes.txt", "jpg", ".jpg", "mine", "mine.jpg.html", "look.cube"])
def test_neither(name: str) -> None:
    assert not endings.is_photo(Path(name))
    assert not endings.is_clip(Path(name))


def test_what_is_not_written_is_refused() -> None:
    for name in ("a.png", "a.JPG", "a.tif"):
        endings.check_picture(Path(name))
    for name in ("a.cube", "a.PNG", "a.safetensors"):
        endings.check_table(Path(name))
    with pytest.raises(VerismError, match=r"^a\.heic: results are written as \.png, \.jpg, .*\.webp; choose one"):
        endings.check_picture(Path("a.heic"))
    with pytest.raises(VerismError, match=r"^a\.jpg: lookup tables are written as \.cube or"):
        endings.check_table(Path("a.jpg"))
