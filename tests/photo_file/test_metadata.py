"""What a file says beside its picture."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from photographs import GRADIENT, WRITTEN, save
from PIL import ExifTags, Image, IptcImagePlugin, TiffImagePlugin
from PIL.PngImagePlugin import PngInfo

from verism import photo_file

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6" dc:rights="mine"/></x:xmpmeta>'


@pytest.mark.parametrize("source", ["photo.png", "photo.jpg", "photo.tiff", "photo.webp"])
@pytest.mark.parametrize("name", WRITTEN)
def test_what_the_camera_said_is_carried_over(tmp_path: Path, source: str, name: str) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Make] = "Camera & Co"
    exif[ExifTags.Base.ImageDescription] = "Caption"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2020:05:17 11:22:33"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", XMP.decode())
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    for tag, value in ((700, XMP), *exif.items()):
        tags[tag] = value
    for directory in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        tags[directory] = exif.get_ifd(directory)
    options: dict[str, dict[str, Any]] = {
        "photo.png": {"exif": exif, "pnginfo": info},
        "photo.tiff": {"tiffinfo": tags},
    }
    picture = Image.fromarray(GRADIENT)
    photo = photo_file.read(save(tmp_path / source, picture, **options.get(source, {"exif": exif, "xmp": XMP})))
    assert photo.pixels.shape[-2:] == (50, 40)
    photo_file.write(tmp_path / name, photo, {"weights": "compact"})
    with Image.open(tmp_path / name) as file:
        assert file.size == (40, 50)
        found, packet = file.getexif(), file.info["xmp"]
        details, position = (found.get_ifd(directory) for directory in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo))
    assert found.get(ExifTags.Base.Orientation, 1) == 1
    assert found[ExifTags.Base.Make] == "Camera & Co"
    assert found[ExifTags.Base.ImageDescription] == "Caption"
    assert json.loads(found[ExifTags.Base.ImageHistory]) == {"weights": "compact"}
    assert details[ExifTags.Base.DateTimeOriginal] == "2020:05:17 11:22:33"
    assert details[ExifTags.Base.ExifImageWidth] == 40
    assert position[ExifTags.GPS.GPSLatitudeRef] == "N"
    assert b'dc:rights="mine"' in packet
    assert b'tiff:Orientation="6"' not in packet


@pytest.mark.parametrize("source", ["photo.jpg", "photo.tiff"])
@pytest.mark.parametrize("name", ["result.jpg", "result.tiff"])
def test_iptc_is_carried_over(tmp_path: Path, source: str, name: str) -> None:
    """From where JPEG has it, among Photoshop's resources, and from where TIFF does; read back by Pillow."""
    records = b"\x1c\x02\x50\x00\x05Erika\x1c\x02\x78\x00\x08A sunset"
    resource = b"8BIM\x04\x04\0\0" + struct.pack(">I", len(records)) + records + bytes(len(records) % 2)
    block = b"Photoshop 3.0\0" + resource
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[TiffImagePlugin.IPTC_NAA_CHUNK] = records
    segment = b"\xff\xed" + struct.pack(">H", 2 + len(block)) + block
    options: dict[str, dict[str, Any]] = {"photo.jpg": {"extra": segment}, "photo.tiff": {"tiffinfo": tags}}
    photo = photo_file.read(save(tmp_path / source, Image.fromarray(GRADIENT), **options[source]))
    assert photo.iptc == records
    photo_file.write(tmp_path / name, photo, {})
    with Image.open(tmp_path / name) as file:
        assert IptcImagePlugin.getiptcinfo(file) == {(2, 80): b"Erika", (2, 120): b"A sunset"}
    assert photo_file.read(tmp_path / name).iptc == records
    photo_file.write(tmp_path / "long.jpg", photo._replace(iptc=bytes(70000)), {})
    assert photo_file.read(tmp_path / "long.jpg").iptc == b""


def test_exif_that_does_not_fit_into_a_jpeg_loses_the_cameras_notes_first(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Camera & Co"
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.DateTimeOriginal] = "2020:05:17 11:22:33"
    details[ExifTags.Base.MakerNote] = b"FUJIFILM" + bytes(80000)
    photo = photo_file.read(save(tmp_path / "photo.png", Image.fromarray(GRADIENT), exif=exif))
    found = {}
    for name in ("result.jpg", "result.png"):
        photo_file.write(tmp_path / name, photo, {"weights": "compact"})
        with Image.open(tmp_path / name) as file:
            found[name] = file.getexif().get_ifd(ExifTags.IFD.Exif)
            assert file.getexif()[ExifTags.Base.Make] == "Camera & Co"
            assert "compact" in file.getexif()[ExifTags.Base.ImageHistory]
    assert ExifTags.Base.MakerNote in found["result.png"]
    assert ExifTags.Base.MakerNote not in found["result.jpg"]
    assert found["result.jpg"][ExifTags.Base.DateTimeOriginal] == "2020:05:17 11:22:33"
