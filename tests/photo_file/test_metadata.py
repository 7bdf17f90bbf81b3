"""What a file says beside its picture."""

from __future__ import annotations

import json
import struct
import threading
import warnings
from pathlib import Path
from typing import Any

import pytest
from photographs import GRADIENT, WRITTEN, save
from PIL import ExifTags, Image, IptcImagePlugin, TiffImagePlugin
from PIL.PngImagePlugin import PngInfo

from verism import photo_file
from verism.photo_file import metadata
from verism.photo_file.metadata import Blocks

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


SOURCES: dict[str, dict[str, Any]] = {
    "photo.jpg": {"dpi": (240, 240), "comment": "Grüße".encode()},
    "photo.png": {"dpi": (240, 240)},
    "photo.tiff": {"dpi": (240, 240)},
    "photo.webp": {},
}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("name", WRITTEN)
def test_resolution_copyright_author_and_comment_survive(tmp_path: Path, source: str, name: str) -> None:
    """Wherever a format has them, and beyond ASCII."""
    options = dict(SOURCES[source])
    if source == "photo.png":
        info = PngInfo()
        for keyword, text in (("Author", "Zoë"), ("Copyright", "© 東京"), ("Comment", "Grüße")):
            info.add_itxt(keyword, text)
        options["pnginfo"] = info
    else:
        exif = Image.Exif()
        exif[ExifTags.Base.Artist] = "Zoë".encode()
        exif[ExifTags.Base.Copyright] = "© 東京".encode()
        if source == "photo.webp":
            exif[ExifTags.Base.XResolution] = exif[ExifTags.Base.YResolution] = 240.0
        if source != "photo.jpg":
            details = exif.get_ifd(ExifTags.IFD.Exif)
            order = "le" if source == "photo.tiff" else "be"
            details[ExifTags.Base.UserComment] = b"UNICODE\0" + "Grüße".encode(f"utf-16-{order}")
            exif[ExifTags.IFD.Exif] = details
        options["exif"] = exif
    photo = photo_file.read(save(tmp_path / source, Image.fromarray(GRADIENT), **options))
    photo_file.write(tmp_path / name, photo, {})
    with Image.open(tmp_path / name) as file:
        found, info_ = file.getexif(), dict(file.info)
        details = found.get_ifd(ExifTags.IFD.Exif)
    assert found[ExifTags.Base.Artist].encode("latin-1").decode() == "Zoë"
    assert found[ExifTags.Base.Copyright].encode("latin-1").decode() == "© 東京"
    comment = details[ExifTags.Base.UserComment]
    assert comment.startswith(b"UNICODE\0")
    assert comment[8:].decode("utf-16-le" if found.endian == "<" else "utf-16-be") == "Grüße"
    assert float(found[ExifTags.Base.XResolution]) == pytest.approx(240, abs=0.1)
    if name != "result.webp":
        assert info_["dpi"] == pytest.approx((240, 240), abs=0.1)
    if source in ("photo.jpg", "photo.png") and name == "result.jpg":
        assert info_["comment"].decode() == "Grüße"
    if source == "photo.png" and name == "result.png":
        assert (info_["Author"], info_["Copyright"], info_["Comment"]) == ("Zoë", "© 東京", "Grüße")


@pytest.mark.parametrize(("start", "is_kept"), [(b"\x05\0\1\0\3\0", False), (b"Nikon\0\2\x10", True)])
def test_makers_notes_are_kept_where_they_can_be_read_elsewhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, start: bytes, is_kept: bool
) -> None:
    """Canon's count their offsets from the beginning of the file's EXIF, and are left out with a word."""
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.MakerNote] = start + bytes(100)
    with caplog.at_level("INFO"):
        photo = photo_file.read(save(tmp_path / "photo.jpg", Image.fromarray(GRADIENT), exif=exif))
    assert ("photo.jpg: its maker's notes, which can be read only where they stood" in caplog.text) != is_kept
    for name in WRITTEN:
        photo_file.write(tmp_path / name, photo, {})
        with Image.open(tmp_path / name) as file:
            found = file.getexif().get_ifd(ExifTags.IFD.Exif)
        assert found.get(ExifTags.Base.MakerNote) == (start + bytes(100) if is_kept else None)


@pytest.mark.parametrize("name", WRITTEN)
def test_a_result_claims_no_gain_map(tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str) -> None:
    packet = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/" xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" '
        b'hdrgm:Version="1.0" note="kept"/>'
    )
    with caplog.at_level("INFO"):
        photo = photo_file.read(save(tmp_path / "photo.jpg", Image.fromarray(GRADIENT), xmp=packet))
    assert "photo.jpg: its gain map for HDR displays is left out." in caplog.text
    photo_file.write(tmp_path / name, photo, {})
    with Image.open(tmp_path / name) as file:
        assert b"hdr" not in file.info["xmp"]
        assert b'note="kept"' in file.info["xmp"]


@pytest.mark.parametrize(
    ("value", "orientation"),
    [(6, 6), (b"\x06", 6), (b"\0\x06", 6), ((6,), 6), ("6", 6), (6.0, 6), (0, 1), (9, 1), ("up", 1), (b"", 1), ((), 1)],
)
def test_orientation_of_any_type(value: object, orientation: int) -> None:
    assert metadata.orientation_of(value) == orientation


def test_damaged_photoshop_resources() -> None:
    assert metadata.iptc_of(b"") == b""
    for damaged in (b"8BIM\x04\x04\0\0\0\0\0\xff" + bytes(4), b"x" * 20):
        with pytest.raises(ValueError, match="Photoshop"):
            metadata.iptc_of(damaged)


def test_what_another_thread_warns_of_is_not_about_the_photo() -> None:
    """While it is read, another may be written."""

    def load(exif: Image.Exif) -> None:
        other = threading.Thread(target=warnings.warn, args=("about another photo",))
        other.start()
        other.join()
        exif[ExifTags.Base.Artist] = "me"

    def damaged(exif: Image.Exif) -> None:
        load(exif)
        warnings.warn("about this photo", stacklevel=1)

    assert metadata.about(Blocks(load)).notes == ()
    assert metadata.about(Blocks(damaged)).notes == ("parts of its EXIF are damaged and left out",)
