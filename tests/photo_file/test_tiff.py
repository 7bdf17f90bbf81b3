"""TIFF files of every build: each is right, or refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from photographs import RAMP, difference, levels16, tiff, turned
from PIL import ExifTags, Image, ImageCms

from verism import images, photo_file
from verism.errors import VerismError
from verism.photo_file import icc

GREY = RAMP[..., 0]
OPAQUE = np.full_like(GREY, 255)
HALF = np.full_like(GREY, 128)
INKS = np.dstack([255 - RAMP, np.zeros_like(GREY)])
SHARE = 128 / 255
PALETTE = np.stack([np.arange(256), np.arange(256)[::-1], np.arange(256)]).astype(np.uint16)
COLORED = np.dstack([GREY, 255 - GREY, GREY])


def write(path: Path, samples: NDArray[Any], **options: Any) -> Path:
    tifffile.imwrite(path, samples, metadata=None, **options)
    return path


def deep(samples: NDArray[np.uint8]) -> NDArray[np.uint16]:
    return samples.astype(np.uint16) * 257


KINDS: dict[str, tuple[NDArray[Any], dict[str, Any], NDArray[Any]]] = {
    "grey": (GREY, {"photometric": "minisblack"}, GREY),
    "grey of 16 bits": (deep(GREY), {"photometric": "minisblack"}, GREY),
    "white is 0": (255 - GREY, {"photometric": "miniswhite"}, GREY),
    "palette": (GREY, {"photometric": "palette", "colormap": PALETTE * 257}, COLORED),
    "RGBA": (np.dstack([RAMP, OPAQUE]), {"photometric": "rgb", "extrasamples": ["unassalpha"]}, RAMP),
    "CMYK": (INKS, {"photometric": "separated"}, RAMP),
    "planes": (RAMP.transpose(2, 0, 1).copy(), {"photometric": "rgb", "planarconfig": "separate"}, RAMP),
    "tiles": (RAMP, {"photometric": "rgb", "tile": (16, 16)}, RAMP),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_of_every_kind(tmp_path: Path, kind: str, orientation: int) -> None:
    """Uncompressed, which Pillow maps into memory and shears; the numbers are odd so that no row hides it."""
    samples, options, expected = KINDS[kind]
    path = write(tmp_path / "photo.tif", samples, **options, extratags=[(274, "H", 1, orientation, True)])
    assert difference(images.read(path), turned(expected, orientation)) < 1e-3


@pytest.mark.parametrize(("form", "value"), [("B", 6), ("I", 6), ("s", "6")])
def test_orientation_of_another_type(tmp_path: Path, form: str, value: object) -> None:
    path = write(
        tmp_path / "photo.tif",
        GREY,
        photometric="minisblack",
        extratags=[(274, form, 0 if form == "s" else 1, value, True)],
    )
    assert images.read(path).shape[-2:] == (64, 48)


ALPHA: dict[str, tuple[NDArray[Any], dict[str, Any], NDArray[Any]]] = {
    "unspecified": (np.dstack([RAMP, HALF]), {"photometric": "rgb", "extrasamples": ["unspecified"]}, RAMP),
    "unspecified before alpha": (
        np.dstack([RAMP, HALF, OPAQUE]),
        {"photometric": "rgb", "extrasamples": ["unspecified", "unassalpha"]},
        RAMP,
    ),
    "CMYK and a selection": (
        np.dstack([INKS, HALF]),
        {"photometric": "separated", "extrasamples": ["unspecified"]},
        RAMP,
    ),
    "alpha": (
        np.dstack([RAMP, HALF]),
        {"photometric": "rgb", "extrasamples": ["unassalpha"]},
        RAMP,
    ),
    "CMYK and alpha": (
        np.dstack([INKS, HALF]),
        {"photometric": "separated", "extrasamples": ["unassalpha"]},
        RAMP,
    ),
    "associated": (
        np.dstack([RAMP // 2, HALF]),
        {"photometric": "rgb", "extrasamples": ["assocalpha"]},
        RAMP // 2 / SHARE,
    ),
    "associated with grey": (
        np.dstack([GREY // 2, HALF]),
        {"photometric": "minisblack", "extrasamples": ["assocalpha"]},
        GREY // 2 / SHARE,
    ),
}


@pytest.mark.parametrize("kind", ALPHA)
@pytest.mark.parametrize("depth", [8, 16])
def test_extra_samples(tmp_path: Path, kind: str, depth: int) -> None:
    """By one rule at 8 and 16 bits: what is no alpha is none, and what is associated is divided out."""
    samples, options, expected = ALPHA[kind]
    photo = photo_file.read(write(tmp_path / "photo.tif", samples if depth == 8 else deep(samples), **options))
    assert photo.depth == depth
    assert (photo.alpha is None) == kind.startswith(("unspecified", "CMYK and a s"))
    assert difference(photo.pixels, expected) < 1


def test_associated_alpha_of_floats(tmp_path: Path) -> None:
    samples = np.dstack([RAMP / 510, np.full(GREY.shape, 0.5)]).astype(np.float32)
    path = write(tmp_path / "photo.tif", samples, photometric="rgb", extrasamples=["assocalpha"])
    assert difference(images.read(path), RAMP) < 1e-3


@pytest.mark.parametrize("bits", [2, 4, 6, 10, 12, 14, 24])
@pytest.mark.parametrize(("photometric", "sign"), [(2, 1), (1, 1), (0, -1)], ids=["RGB", "grey", "white is 0"])
def test_unusual_depths(tmp_path: Path, bits: int, photometric: int, sign: int) -> None:
    """Scaled to the full range; white is white exactly."""
    source = RAMP[..., ::-1] if photometric == 2 else RAMP[..., 2:] - RAMP[..., :1]
    most = 2**bits - 1
    photo = photo_file.read(tiff(tmp_path / "photo.tif", bits, photometric, source.astype(np.int64) * most // 255))
    assert photo.depth == (8 if bits < 8 else 16)
    expected = source if sign > 0 else 255 - source
    assert difference(photo.pixels, np.broadcast_to(expected, RAMP.shape)) <= 150 / most
    assert float(photo.pixels.max() if sign > 0 else 1 - photo.pixels.min()) == 1


def test_a_colour_map_of_8_bits(tmp_path: Path) -> None:
    for number, scale in enumerate((1, 256, 257)):
        path = write(tmp_path / f"{number}.tif", GREY, photometric="palette", colormap=PALETTE * scale)
        photo = photo_file.read(path)
        assert photo.depth == 8
        assert difference(photo.pixels, COLORED) < 1e-3


@pytest.mark.parametrize("kind", [np.int8, np.int16, np.int32])
@pytest.mark.parametrize("samples", [GREY, RAMP], ids=["grey", "RGB"])
def test_signed_samples_are_refused(tmp_path: Path, kind: Any, samples: NDArray[np.uint8]) -> None:
    photometric = "rgb" if samples.ndim == 3 else "minisblack"
    path = write(tmp_path / "photo.tif", (samples // 2).astype(kind), photometric=photometric)
    with pytest.raises(VerismError, match=r"photo.tif: cannot be read as an image \(signed samples\)"):
        images.read(path)


@pytest.mark.parametrize(
    ("samples", "options", "reason"),
    [
        (INKS, {"photometric": "separated", "extratags": [(332, "H", 1, 2, True)]}, "inks other than CMYK"),
        (INKS, {"photometric": "separated", "extratags": [(336, "B", 2, (20, 200), True)]}, "inks other than CMYK"),
        (RAMP, {"photometric": "itulab"}, "of itulab"),
        (levels16(3), {"photometric": "logluv"}, "of logluv"),
        (np.zeros((48, 64), np.complex64), {}, "complex samples"),
        (RAMP.astype(np.float32), {"photometric": "cielab"}, "neither 8 nor 16 bits"),
    ],
    ids=["ink set", "dot range", "fax Lab", "LogLuv", "complex", "float Lab"],
)
def test_what_is_refused(tmp_path: Path, samples: NDArray[Any], options: dict[str, Any], reason: str) -> None:
    with pytest.raises(VerismError, match=rf"photo.tif: cannot be read as an image \(a TIFF .*{reason}"):
        images.read(write(tmp_path / "photo.tif", samples, **options))


@pytest.mark.parametrize("photometric", ["cielab", "icclab"])
@pytest.mark.parametrize("depth", [8, 16])
def test_lab(tmp_path: Path, photometric: str, depth: int) -> None:
    """Of D50, with a* and b* signed or offset, there and back by LittleCMS in floats."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    unit = (RAMP // 2 + 40).astype(np.float32) / 255
    lab = imagecodecs.cms_transform(
        unit, icc.srgb(), profile, colorspace="rgb", outcolorspace="lab", outdtype="float32", intent=1
    )
    values = np.asarray(lab).reshape(unit.shape)
    scale = 2 ** (depth - 8)
    if photometric == "cielab":
        lightness = values[..., :1] * ((2**depth - 1) / 100)
        chroma = (values[..., 1:] * scale).round().astype(f"int{depth}").view(f"uint{depth}")
    else:
        lightness = values[..., :1] * (255 * scale / 100)
        chroma = (values[..., 1:] + 128) * scale
    samples = np.concatenate([lightness.round(), chroma.round()], axis=2).astype(f"uint{depth}")
    photo = photo_file.read(write(tmp_path / "photo.tif", samples, photometric=photometric))
    assert photo.depth == depth
    assert difference(photo.pixels, unit * 255) < (1 if depth == 8 else 0.05)


def test_ycbcr(tmp_path: Path) -> None:
    """Uncompressed; a JPEG in a TIFF file is RGB once it is decoded."""
    samples = np.asarray(Image.fromarray(RAMP).convert("YCbCr"))
    assert difference(images.read(write(tmp_path / "a.tif", samples, photometric="ycbcr")), RAMP) < 2
    Image.fromarray(RAMP).convert("YCbCr").save(tmp_path / "b.tif", compression="jpeg", quality=95)
    with Image.open(tmp_path / "b.tif") as file:
        reference = np.asarray(file.convert("RGB"))
    assert difference(images.read(tmp_path / "b.tif"), reference) < 1


def test_a_preview_before_the_photo_is_passed_over(tmp_path: Path) -> None:
    """In a row, and with the photo below it (NewSubfileType, TIFF 6.0)."""
    preview = np.zeros((40, 50, 3), np.uint8)
    for below in (False, True):
        path = tmp_path / f"{below}.tif"
        with tifffile.TiffWriter(path) as file:
            file.write(preview, photometric="rgb", subfiletype=1, subifds=1 if below else 0, metadata=None)
            file.write(RAMP, photometric="rgb", subfiletype=0, metadata=None)
        assert difference(images.read(path), RAMP) == 0


def test_the_first_of_several_pages_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with tifffile.TiffWriter(tmp_path / "photo.tif") as file:
        for samples in (RAMP, 255 - RAMP):
            file.write(samples, photometric="rgb", metadata=None)
    with caplog.at_level("INFO"):
        assert difference(images.read(tmp_path / "photo.tif"), RAMP) == 0
    assert "photo.tif: only the first of its 2 pictures is used." in caplog.text


def test_primaries_and_transfer_function(tmp_path: Path) -> None:
    """TIFF 6.0, section 20; those of Adobe RGB are Adobe RGB."""
    corners = (0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
    curve = (np.linspace(0, 1, 256) ** 2.19921875 * 65535).round().astype(np.uint16)
    named = [
        (318, "2I", 2, (3127, 10000, 3290, 10000), True),
        (319, "2I", 6, tuple(int(part) for value in corners for part in (value * 10000, 10000)), True),
        (301, "H", 256, tuple(int(value) for value in curve), True),
    ]
    found = photo_file.read(write(tmp_path / "a.tif", RAMP, photometric="rgb", extratags=named))
    adobe = imagecodecs.cms_profile("adobergb")
    expected = photo_file.read(write(tmp_path / "b.tif", RAMP, photometric="rgb", iccprofile=adobe))
    assert difference(found.pixels, expected.pixels[0].permute(1, 2, 0).numpy() * 255) < 0.5
    assert difference(found.pixels, RAMP) > 3


def test_just_outside_of_the_range_is_clipped_and_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    samples = (RAMP / 255 * 1.1 - 0.02).astype(np.float32)
    path = write(tmp_path / "photo.tif", samples, photometric="rgb")
    with caplog.at_level("INFO"):
        pixels = images.read(path)
    assert "photo.tif: its floating-point samples go from -0.02 to 1.08; they are clipped to [0, 1]." in caplog.text
    assert difference(pixels, samples.clip(0, 1) * 255) < 1e-3


def test_far_outside_of_the_range_is_an_option(tmp_path: Path) -> None:
    path = write(tmp_path / "photo.tif", (RAMP / 255 * 4).astype(np.float32), photometric="rgb")
    with pytest.raises(
        VerismError, match=r"outside of \[0, 1\]; scale them, or give .* white with --data.white .* to 4\)"
    ):
        photo_file.read(path)
    assert difference(photo_file.read(path, white=4).pixels, RAMP) < 1e-3
    assert difference(photo_file.read(path, white=2).pixels, (RAMP * 2.0).clip(0, 255)) < 1e-3
    for wrong in (0, -1, float("nan"), float("inf")):
        with pytest.raises(VerismError, match=r"--data.white .*: must be above 0"):
            photo_file.read(path, white=wrong)


def test_metadata_of_bigtiff(tmp_path: Path) -> None:
    tags = [(315, "s", 0, "Erika", True), (33432, "s", 0, "(c) Erika", True)]
    path = write(tmp_path / "photo.tif", RAMP, bigtiff=True, resolution=(300, 300), extratags=tags)
    photo_file.write(tmp_path / "result.tif", photo_file.read(path), {})
    with Image.open(tmp_path / "result.tif") as file:
        found = file.getexif()
        assert file.info["dpi"] == (300, 300)
    assert (found[ExifTags.Base.Artist], found[ExifTags.Base.Copyright]) == ("Erika", "(c) Erika")
