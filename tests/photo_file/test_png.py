"""What PNG files say of their colours, in the order of the third edition; and what is damaged in them."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from photographs import RAMP, as_tensor, difference, png
from PIL import Image

from verism import images, photo_file
from verism.errors import VerismError

ADOBE = (b"iCCP", b"x\0\0" + zlib.compress(imagecodecs.cms_profile("adobergb")))
P3 = (b"cICP", bytes((12, 13, 0, 1)))
SRGB = (b"cICP", bytes((1, 13, 0, 1)))
LINEAR = (b"gAMA", struct.pack(">I", 100000))
GAMMA = (b"gAMA", struct.pack(">I", 45455))
P3_CORNERS = (b"cHRM", struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000))


def red(path: Path, *chunks: tuple[bytes, bytes]) -> float:
    """Return the red of what such chunks make of a muted green."""
    samples = np.full((40, 50, 3), (100, 150, 100), np.uint8)
    return float(images.read(png(path, *chunks, samples=samples))[0, 0, 5, 5]) * 255


def test_the_order_of_precedence(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    adobe, p3 = red(path, ADOBE), red(path, P3)
    assert adobe < 70 < p3 < 95
    assert red(path) == pytest.approx(100, abs=1e-3)
    assert red(path, ADOBE, P3) == p3
    assert red(path, LINEAR, ADOBE) == adobe
    assert red(path, ADOBE, SRGB) == pytest.approx(100, abs=1e-3)
    assert red(path, LINEAR, (b"sRGB", b"\0")) == pytest.approx(100, abs=1e-3)
    assert red(path, GAMMA) == pytest.approx(100, abs=1e-3)
    assert red(path, GAMMA, P3_CORNERS) == pytest.approx(p3, abs=0.5)
    assert red(path, P3_CORNERS) == pytest.approx(p3, abs=0.5)
    # Linear light of 100 of 255 is far brighter as sRGB.
    assert red(path, LINEAR) == pytest.approx(168, abs=1)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "I;16"])
def test_colours_of_every_kind_of_png(tmp_path: Path, mode: str) -> None:
    """Also of grey, which has a gamma too."""
    picture = Image.new("L", (50, 40), 100)
    if mode == "I;16":
        picture = Image.fromarray(np.full((40, 50), 100 * 257, np.uint16))
    elif mode != "L":
        picture = picture.convert(mode)
    file = io.BytesIO()
    picture.save(file, "PNG")
    data = file.getvalue()
    body = LINEAR[0] + LINEAR[1]
    chunk = struct.pack(">I", 4) + body + struct.pack(">I", zlib.crc32(body))
    (tmp_path / "photo.png").write_bytes(data[:33] + chunk + data[33:])
    assert float(images.read(tmp_path / "photo.png")[0, 1, 5, 5]) * 255 == pytest.approx(168, abs=1)


def test_hdr_is_tone_mapped_and_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name, transfer in (("PQ", 16), ("HLG", 18)):
        with caplog.at_level("INFO"):
            photo = photo_file.read(png(tmp_path / "photo.png", (b"cICP", bytes((9, transfer, 0, 1)))))
        assert f"photo.png: its HDR ({name}) is tone-mapped to the range of sRGB." in caplog.text
        assert difference(photo.pixels, RAMP) > 10
        assert float(photo.pixels.max()) > 0.9
        assert photo.profile == b""


def test_a_space_that_is_named_can_be_kept(tmp_path: Path) -> None:
    photo = photo_file.read(png(tmp_path / "photo.png", P3, samples=RAMP // 4 + 100))
    photo_file.write(tmp_path / "result.png", photo, {}, photo_file.Encoding("keep"))
    with Image.open(tmp_path / "result.png") as file:
        assert file.info["icc_profile"] == photo.profile != b""
        assert np.abs(np.asarray(file).astype(int) - (RAMP // 4 + 100)).max() <= 1


DAMAGED = {
    "EXIF": (b"eXIf", b"\0\0\x11\0\0\1\4\0junk"),
    "Raw profile type exif": (b"tEXt", b"Raw profile type exif\0\nexif\n 10\n0123zz"),
    "Raw profile type xmp": (b"zTXt", b"Raw profile type xmp\0\0" + zlib.compress(b"\nxmp\n 4\n00")),
    "text": (b"zTXt", b"Comment\0\0junk"),
    "XMP": (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x:xmpmeta><broken"),
    "iCCP chunk": (b"iCCP", b"x\0\0junk"),
    "cICP chunk": (b"cICP", bytes((9, 16, 7, 1))),
    "gAMA chunk": (b"gAMA", bytes(4)),
    "cHRM chunk": (b"cHRM", bytes(32)),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damage_costs_what_is_damaged_and_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str) -> None:
    with caplog.at_level("INFO"):
        photo = photo_file.read(png(tmp_path / "photo.png", DAMAGED[name], (b"tEXt", b"Author\0Erika")))
    assert f"photo.png: its {name}" in caplog.text
    assert torch_equal(photo, RAMP)
    assert photo.texts == (("Author", "Erika"),)
    assert photo.xmp == photo.exif == b""


def torch_equal(photo: photo_file.Photo, samples: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bool:
    return bool((photo.pixels == as_tensor(samples, 255)).all())


def test_a_wrong_checksum_of_metadata_is_no_matter(tmp_path: Path) -> None:
    path = png(tmp_path / "photo.png", (b"tEXt", b"Author\0Erika"), (b"tIME", b"\0"), (b"pHYs", b"\0"))
    path.write_bytes(path.read_bytes().replace(b"Author\0Erika", b"Author\0Erica"))
    assert torch_equal(photo_file.read(path), RAMP)


def test_a_text_that_is_a_trap_for_memory_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    bomb = (b"zTXt", b"Comment\0\0" + zlib.compress(bytes(2**26)))
    with caplog.at_level("INFO"):
        photo = photo_file.read(png(tmp_path / "photo.png", bomb))
    assert "photo.png: its text is damaged and left out." in caplog.text
    assert photo.texts == ()


def test_blocks_that_imagemagick_writes(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[315] = "Erika"
    data = exif.tobytes()
    raw = b"\nexif\n%8d\n" % len(data) + data.hex().encode() + b"\n"
    photo = photo_file.read(png(tmp_path / "photo.png", (b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(raw))))
    found = Image.Exif()
    found.load(photo.exif)
    assert found[315] == "Erika"


def test_a_missing_end_is_no_matter_where_the_pixels_are_whole(tmp_path: Path) -> None:
    path = png(tmp_path / "photo.png")
    data = path.read_bytes()
    for length in (12, 8, 3):
        path.write_bytes(data[:-length])
        assert torch_equal(photo_file.read(path), RAMP)
    path.write_bytes(data[:-40])
    with pytest.raises(VerismError, match=r"photo.png: cannot be read as an image"):
        images.read(path)


def test_an_animation_with_damaged_frames(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        photo = photo_file.read(png(tmp_path / "photo.png", (b"acTL", struct.pack(">II", 3, 0))))
    assert "photo.png: only the first of its 3 pictures is used." in caplog.text
    assert torch_equal(photo, RAMP)
