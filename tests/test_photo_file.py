"""Photo files in, photo files out."""

from __future__ import annotations

import io
import itertools
import json
import os
import stat
import struct
import zlib
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
import torch
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, TiffImagePlugin
from PIL.PngImagePlugin import PngInfo
from torch import Tensor

from verism import color_profile, images, photo_file
from verism.canvas import BilateralGrid, Lut3d
from verism.correspondence import Shared
from verism.errors import VerismError
from verism.photo_file import Encoding, Photo

GRADIENT = np.linspace(0, 255, 40 * 50 * 3).reshape(40, 50, 3).astype(np.uint8)


def save(path: Path, picture: Image.Image, **options: Any) -> Path:
    picture.save(path, **options)
    return path


@pytest.mark.parametrize(("suffix", "tolerance"), [("png", 0), ("webp", 0), ("tiff", 0), ("bmp", 0), ("jpg", 6)])
def test_reads_formats(tmp_path: Path, suffix: str, tolerance: int) -> None:
    options = {"lossless": True} if suffix == "webp" else {"quality": 100} if suffix == "jpg" else {}
    photo = images.read(save(tmp_path / f"photo.{suffix}", Image.fromarray(GRADIENT), **options))
    assert photo.shape == (1, 3, 40, 50)
    assert photo.dtype == torch.float32
    expected = torch.from_numpy(GRADIENT).permute(2, 0, 1).unsqueeze(0) / 255
    assert float((photo - expected).abs().max()) * 255 <= tolerance + 1e-4


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK", "LAB"])
def test_every_mode_becomes_rgb(tmp_path: Path, mode: str) -> None:
    """Against Pillow's own conversion; opaque pictures, so that transparency does not matter."""
    original = Image.fromarray(GRADIENT)
    picture = original.convert(mode)
    path = save(tmp_path / "photo.tiff", picture)
    with Image.open(path) as file:
        expected = np.asarray(file.convert("RGB")) / 255
    torch.testing.assert_close(
        images.read(path), torch.tensor(expected, dtype=torch.float32).permute(2, 0, 1).unsqueeze(0)
    )


def test_sixteen_bits_of_grey_keep_their_depth(tmp_path: Path) -> None:
    levels = np.linspace(0, 65535, 40 * 50).reshape(40, 50).astype(np.uint16)
    for suffix in ("png", "tiff"):
        photo = images.read(save(tmp_path / f"photo.{suffix}", Image.fromarray(levels)))
        torch.testing.assert_close(photo[0, 1], torch.tensor(levels / 65535, dtype=torch.float32))
        assert photo.unique().numel() > 1000


def test_float_samples(tmp_path: Path) -> None:
    samples = np.linspace(0, 1, 40 * 50, dtype=np.float32).reshape(40, 50)
    photo = images.read(save(tmp_path / "photo.tiff", Image.fromarray(samples)))
    torch.testing.assert_close(photo[0, 2], torch.from_numpy(samples))
    for wrong in (2.0, -0.5, np.nan, np.inf):
        samples[3, 3] = wrong
        with pytest.raises(VerismError, match=r"samples outside of \[0, 1\]"):
            images.read(save(tmp_path / "photo.tiff", Image.fromarray(samples)))


def test_transparency_is_laid_over_white(tmp_path: Path) -> None:
    pixels = np.zeros((40, 40, 4), np.uint8)
    pixels[:, :20] = (255, 0, 0, 128)
    photo = images.read(save(tmp_path / "photo.png", Image.fromarray(pixels)))
    torch.testing.assert_close(photo[0, :, 5, 5], torch.tensor([1.0, 127 / 255, 127 / 255]), atol=0.005, rtol=0)
    torch.testing.assert_close(photo[0, :, 5, 30], torch.ones(3))
    palette = Image.fromarray(np.zeros((40, 40), np.uint8)).convert("P")
    assert float(images.read(save(tmp_path / "palette.png", palette, transparency=0)).min()) == 1.0


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(tmp_path: Path, orientation: int) -> None:
    """The eight orientations against the transposition that each stands for in the EXIF standard."""
    undo: dict[int, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.swapaxes(0, 1),
        6: lambda a: a.swapaxes(0, 1)[:, ::-1],
        7: lambda a: a.swapaxes(0, 1)[::-1, ::-1],
        8: lambda a: a.swapaxes(0, 1)[::-1],
    }
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    photo = images.read(save(tmp_path / "photo.png", Image.fromarray(GRADIENT), exif=exif))
    expected = torch.from_numpy(undo[orientation](GRADIENT).copy()).permute(2, 0, 1).unsqueeze(0) / 255
    torch.testing.assert_close(photo, expected)


def test_first_frame_of_an_animation(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (40, 40), color) for color in ("red", "blue")]
    frames[0].save(tmp_path / "photo.gif", save_all=True, append_images=frames[1:])
    torch.testing.assert_close(images.read(tmp_path / "photo.gif")[0, :, 0, 0], torch.tensor([1.0, 0.0, 0.0]))


def test_unreadable_photos_are_one_sentence(tmp_path: Path) -> None:
    whole = save(tmp_path / "whole.jpg", Image.fromarray(GRADIENT)).read_bytes()
    png = save(tmp_path / "whole.png", Image.fromarray(GRADIENT)).read_bytes()
    files = {
        "text.jpg": (b"this is text", "not an image"),
        "empty.png": (b"", "not an image"),
        "cut.jpg": (whole[: len(whole) // 2], "cannot be read as an image"),
        "cut.png": (png[: len(png) // 2], "cannot be read as an image"),
    }
    for name, (data, said) in files.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(VerismError, match=f"{name}: {said}") as caught:
            images.read(tmp_path / name)
        assert "\n" not in str(caught.value)
    for path in (tmp_path / "missing.jpg", tmp_path):
        with pytest.raises(VerismError, match="no such photo"):
            images.read(path)
    tiny = save(tmp_path / "tiny.png", Image.new("RGB", (100, 31)))
    with pytest.raises(VerismError, match=r"tiny.png: 100×31 pixels are too few; a photo needs at least 32 a side"):
        images.read(tiny)


def test_writes_what_it_reads(tmp_path: Path, content: Tensor) -> None:
    path = tmp_path / "new" / "folder" / "result.png"
    images.write(path, content, {"weights": "compact", "sha256": "abc"})
    assert float((images.read(path) - content).abs().max()) <= 0.5 / 255 + 1e-6
    with Image.open(path) as file:
        exif = file.getexif()
    assert exif[ExifTags.Base.Software] == f"verism {version('verism')}"
    assert json.loads(exif[ExifTags.Base.ImageHistory]) == {"weights": "compact", "sha256": "abc"}
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask


def test_writes_jpeg_without_chroma_subsampling(tmp_path: Path) -> None:
    colors = torch.zeros(1, 3, 64, 64)
    colors[:, 0, :, ::2] = 1
    colors[:, 2, :, 1::2] = 1
    images.write(tmp_path / "result.JPG", colors, {"weights": "compact"})
    assert float((images.read(tmp_path / "result.JPG") - colors).abs().mean()) < 0.05
    with Image.open(tmp_path / "result.JPG") as file:
        assert "compact" in file.getexif()[ExifTags.Base.ImageHistory]


def test_clips_what_is_out_of_range(tmp_path: Path, content: Tensor) -> None:
    images.write(tmp_path / "result.png", content * 4 - 2, {})
    torch.testing.assert_close(
        images.read(tmp_path / "result.png"), (content * 4 - 2).clamp(0, 1), atol=0.5 / 255 + 1e-6, rtol=0
    )


def test_refuses_other_endings(tmp_path: Path, content: Tensor) -> None:
    with pytest.raises(VerismError, match=r"result.gif: results are written as .png, .jpg, .jpeg"):
        images.write(tmp_path / "result.gif", content, {})


def test_which_endings_can_be_written() -> None:
    assert all(photo_file.can_write(Path(name)) for name in ("a.png", "a.jpg", "a.JPEG", "a.b.PNG", "a.tif", "a.webp"))
    assert not any(photo_file.can_write(Path(name)) for name in ("a.gif", "a.heic", "a", "png", "a.png.gif"))


def claims(path: Path, width: int, height: int) -> Path:
    """Write a PNG file that says that it is of such a size, and holds nothing."""
    head = struct.pack(">II5B", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(b"")), (b"IEND", b""))
    body = b"".join(struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in chunks)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    return path


def test_a_file_that_claims_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)
    bomb = claims(tmp_path / "bomb.png", 60000, 60000)
    with pytest.raises(VerismError, match=r"bomb.png: has more pixels .* raise --data.max_megapixels, which is 179"):
        images.read(bomb)
    save(tmp_path / "photo.png", Image.fromarray(GRADIENT))
    tifffile.imwrite(
        tmp_path / "photo.tiff", levels16(3).transpose(2, 0, 1).copy(), photometric="rgb", planarconfig="separate"
    )
    photo_file.limit(0.001)
    for name in ("photo.png", "photo.tiff"):
        with pytest.raises(VerismError, match=rf"{name}: has more pixels"):
            images.read(tmp_path / name)
    photo_file.limit(0.003)
    assert images.read(tmp_path / "photo.png").shape[-2:] == (40, 50)
    for wrong in (0, -1, float("nan")):
        with pytest.raises(VerismError, match=r"--data.max_megapixels .*: must be above 0"):
            photo_file.limit(wrong)


WRITTEN = ("result.png", "result.jpg", "result.tiff", "result.webp")


def levels16(channels: int) -> NDArray[np.uint16]:
    return np.random.default_rng(0).integers(0, 65536, (40, 50, channels)).astype(np.uint16)


def as_tensor(samples: NDArray[Any], top: int) -> Tensor:
    return torch.from_numpy(samples.astype(np.float32) / np.float32(top)).permute(2, 0, 1).unsqueeze(0)


@pytest.mark.parametrize("suffix", ["png", "tiff"])
def test_sixteen_bits_of_colour_go_in_and_out(tmp_path: Path, suffix: str) -> None:
    """No level is lost on the way, of 65536."""
    levels = levels16(3)
    first, second = tmp_path / f"photo.{suffix}", tmp_path / f"again.{suffix}"
    if suffix == "png":
        first.write_bytes(imagecodecs.png_encode(levels))
    else:
        tifffile.imwrite(first, levels, photometric="rgb", compression="lzw")
    photo = photo_file.read(first)
    torch.testing.assert_close(photo.pixels, as_tensor(levels, 65535), rtol=0, atol=1e-7)
    assert photo.depth == 16
    photo_file.write(second, photo, {})
    again = imagecodecs.png_decode(second.read_bytes()) if suffix == "png" else tifffile.imread(second)
    assert again.dtype == np.uint16
    assert np.array_equal(again, levels)


def test_the_depth_is_the_photos_unless_asked_otherwise(tmp_path: Path, content: Tensor) -> None:
    for depth, asked, found in ((8, None, 8), (16, None, 16), (8, 16, 16), (16, 8, 8)):
        for suffix in ("png", "tif"):
            path = tmp_path / f"{depth}{asked}.{suffix}"
            photo_file.write(path, Photo(content, depth=depth), {}, Encoding(depth=asked))  # type: ignore[arg-type]
            assert photo_file.read(path).depth == found
    photo_file.write(tmp_path / "result.jpg", Photo(content, depth=16), {})
    with pytest.raises(VerismError, match=r"result.jpg: has no 16 bits a sample; choose .png or .tiff"):
        photo_file.check(tmp_path / "result.jpg", Encoding(depth=16))


@pytest.mark.parametrize(
    ("samples", "options", "expected"),
    [
        (levels16(3).transpose(2, 0, 1).copy(), {"photometric": "rgb", "planarconfig": "separate"}, levels16(3)),
        (65535 - levels16(1)[..., 0], {"photometric": "miniswhite"}, levels16(1).repeat(3, axis=2)),
        ((levels16(3) / 65535).astype(np.float32), {"photometric": "rgb"}, levels16(3)),
        (levels16(3).astype(np.uint32) << 16, {"photometric": "rgb"}, levels16(3)),
        (levels16(4)[..., :3], {"photometric": "rgb", "bigtiff": True, "tile": (16, 16)}, levels16(4)[..., :3]),
    ],
    ids=["planes", "white is 0", "float", "32 bits", "BigTIFF in tiles"],
)
def test_deep_tiffs_of_every_build(
    tmp_path: Path, samples: NDArray[Any], options: dict[str, Any], expected: NDArray[Any]
) -> None:
    tifffile.imwrite(tmp_path / "photo.tiff", samples, **options)
    torch.testing.assert_close(images.read(tmp_path / "photo.tiff"), as_tensor(expected, 65535), rtol=0, atol=1e-6)


def test_a_deep_tiff_of_another_colour_space_is_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "photo.tiff", levels16(3), photometric="cielab")
    with pytest.raises(VerismError, match=r"photo.tiff: cannot be read as an image \(a TIFF of cielab\)"):
        images.read(tmp_path / "photo.tiff")


ADOBE = imagecodecs.cms_profile("adobergb")


def by_pillow(picture: Image.Image, profile: bytes) -> Tensor:
    """Return what LittleCMS makes of a picture in 8 bits, as Pillow calls it: the reference."""
    source, target = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    converted = ImageCms.profileToProfile(picture, source, target, intent, outputMode="RGB")
    assert converted is not None
    return as_tensor(np.asarray(converted), 255)


@pytest.mark.parametrize("suffix", ["png", "tiff", "webp"])
def test_wide_gamut_is_converted(tmp_path: Path, suffix: str) -> None:
    picture = Image.fromarray(GRADIENT[:, ::-1].copy())
    options = {"lossless": True} if suffix == "webp" else {}
    path = save(tmp_path / f"photo.{suffix}", picture, icc_profile=ADOBE, **options)
    photo = photo_file.read(path)
    torch.testing.assert_close(photo.pixels, by_pillow(picture, ADOBE), rtol=0, atol=1.01 / 255)
    assert float((photo.pixels - as_tensor(np.asarray(picture), 255)).abs().max()) > 5 / 255
    assert photo.profile == ADOBE


def ink_profile() -> bytes:
    """Return an ICC profile of CMYK, of the corners of the cube of inks alone: lightness falls, hue turns."""
    corners = itertools.product((0, 1), repeat=4)
    lab = [
        (255 * (1 - 0.3 * c - 0.35 * m - 0.1 * y) * (1 - k), 128 - 40 * c + 60 * m, 128 - 40 * c + 70 * y)
        for c, m, y, k in corners
    ]
    ramp = bytes(range(256))
    table = bytes(int(max(0, min(255, value))) for color in lab for value in color)
    unity = struct.pack(">9i", *(65536 * (i == j) for i in range(3) for j in range(3)))
    lut = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + unity + 4 * ramp + table + 3 * ramp
    tags = 132 + 12
    head = struct.pack(">I4sI4s4s4s", tags + len(lut), b"lcms", 0x02400000, b"prtr", b"CMYK", b"Lab ")
    head += bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I4sII", 1, b"A2B0", tags, len(lut)) + lut


def test_cmyk_is_converted_by_its_profile(tmp_path: Path) -> None:
    inks = Image.fromarray(np.dstack([GRADIENT, GRADIENT[::-1, :, 0] // 2]), "CMYK")
    profile = ink_profile()
    photo = photo_file.read(save(tmp_path / "photo.tiff", inks, icc_profile=profile))
    torch.testing.assert_close(photo.pixels, by_pillow(inks, profile), rtol=0, atol=1.01 / 255)
    naive = images.read(save(tmp_path / "naive.tiff", inks))
    assert float((photo.pixels - naive).abs().mean()) > 0.02
    assert photo.profile == b""


def test_srgb_by_whatever_profile_is_taken_as_it_is(tmp_path: Path) -> None:
    for profile in (color_profile.srgb(), imagecodecs.cms_profile("srgb")):
        photo = photo_file.read(save(tmp_path / "photo.png", Image.fromarray(GRADIENT), icc_profile=profile))
        assert torch.equal(photo.pixels, as_tensor(GRADIENT, 255))
        assert photo.profile == b""


def test_a_profile_that_is_none_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for profile in (b"nonsense", ink_profile()):
        with caplog.at_level("INFO"):
            photo = photo_file.read(save(tmp_path / "photo.png", Image.fromarray(GRADIENT), icc_profile=profile))
        assert "photo.png: its colour profile cannot be used" in caplog.text
        assert torch.equal(photo.pixels, as_tensor(GRADIENT, 255))
        caplog.clear()


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("kind", ["srgb", "keep"])
def test_results_carry_a_profile(tmp_path: Path, name: str, kind: Any) -> None:
    smooth = np.broadcast_to(np.linspace(40, 200, 50, dtype=np.uint8)[None, :, None], (40, 50, 3)).copy()
    smooth[..., 1] //= 2
    photo = photo_file.read(save(tmp_path / "photo.png", Image.fromarray(smooth), icc_profile=ADOBE))
    photo_file.write(tmp_path / name, photo, {}, Encoding(kind))
    with Image.open(tmp_path / name) as file:
        assert file.info["icc_profile"] == (ADOBE if kind == "keep" else color_profile.srgb())
        details = file.getexif().get_ifd(ExifTags.IFD.Exif)
    assert details[ExifTags.Base.ColorSpace] == (0xFFFF if kind == "keep" else 1)
    tolerance = {"result.jpg": 4, "result.webp": 6}.get(name, 1)
    torch.testing.assert_close(images.read(tmp_path / name), photo.pixels, rtol=0, atol=tolerance / 255)


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


@pytest.mark.parametrize(("name", "depth"), [("a.png", 8), ("a.png", 16), ("a.tiff", 8), ("a.tiff", 16), ("a.webp", 8)])
def test_transparency_is_kept(tmp_path: Path, name: str, depth: int) -> None:
    """Colours too, but where nothing of them can be seen."""
    samples = levels16(4)
    samples[..., 3] = np.linspace(0, 65535, 50).astype(np.uint16)
    (tmp_path / "photo.png").write_bytes(imagecodecs.png_encode(samples))
    photo = photo_file.read(tmp_path / "photo.png")
    assert photo.alpha is not None
    torch.testing.assert_close(photo.alpha, as_tensor(samples[..., 3:], 65535))
    photo_file.write(tmp_path / name, photo, {}, Encoding(depth=depth))  # type: ignore[arg-type]
    again = photo_file.read(tmp_path / name)
    assert again.alpha is not None
    tolerance = 1.01 / (2**depth - 1)
    torch.testing.assert_close(again.alpha, photo.alpha, rtol=0, atol=tolerance)
    if name != "a.webp":
        torch.testing.assert_close(again.pixels, photo.pixels, rtol=0, atol=2 * tolerance)
    else:
        assert float((again.pixels - photo.pixels).abs().mean()) < 0.15  # Noise, in a lossy format.


def test_a_jpeg_shows_what_was_transparent_over_white(tmp_path: Path) -> None:
    photo = Photo(torch.ones(1, 3, 40, 40), alpha=torch.zeros(1, 1, 40, 40))
    photo_file.write(tmp_path / "result.jpg", photo, {})
    assert float(images.read(tmp_path / "result.jpg").min()) == 1.0


def test_another_size_takes_its_transparency_along(content: Tensor) -> None:
    photo = Photo(content, alpha=torch.full((1, 1, 48, 64), 0.25))
    shown = photo.showing(images.resize(content, (24, 32)))
    assert shown.alpha is not None
    torch.testing.assert_close(shown.alpha, torch.full((1, 1, 24, 32), 0.25))


def test_dithering_keeps_the_mean_and_what_is_exact(tmp_path: Path) -> None:
    exact = as_tensor(GRADIENT, 255)
    photo_file.write(tmp_path / "exact.png", Photo(exact), {}, Encoding(dither=True))
    assert torch.equal(images.read(tmp_path / "exact.png"), exact)
    between = torch.full((1, 3, 200, 200), 100.3 / 255)
    means, files = [], []
    for dither in (False, True, True):
        photo_file.write(tmp_path / "between.png", Photo(between), {}, Encoding(dither=dither))
        files.append((tmp_path / "between.png").read_bytes())
        means.append(float(images.read(tmp_path / "between.png").mean()) * 255)
    assert means[0] == pytest.approx(100, abs=1e-3)
    assert means[1] == pytest.approx(100.3, abs=0.01)
    assert files[1] == files[2]


@pytest.mark.parametrize("canvas", [Lut3d(), BilateralGrid()], ids=["table", "grid"])
def test_a_gradient_keeps_no_bands(tmp_path: Path, canvas: Any) -> None:
    """A sky of 16 bits, more contrast in it: neighbours differ by about as much everywhere, at every level."""
    ramp = torch.linspace(0.3, 0.6, 2048).expand(1, 3, 64, 2048).contiguous()
    canvas.start(ramp, ramp.flip(-1) ** 2, lambda content, style: Shared(*(torch.ones(1, 1, 1, 1),) * 2))
    photo_file.write(tmp_path / "sky.png", Photo(canvas.render(ramp), depth=16), {})
    row = images.read(tmp_path / "sky.png")[0, 1, 32]
    steps = row.diff().abs() * 65535
    assert len(row.unique()) > 1900
    assert float(steps.max()) < 3 * float(steps.mean())


def test_heic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    smooth = Image.fromarray(np.broadcast_to(np.linspace(0, 255, 64, dtype=np.uint8)[:, None], (64, 64)).copy())
    path = save(tmp_path / "photo.heic", smooth.convert("RGB"), quality=100)
    assert float((images.read(path) - as_tensor(np.asarray(smooth.convert("RGB")), 255)).abs().max()) < 0.05
    path.write_bytes(b"something else")
    with pytest.raises(VerismError, match=r"photo.heic: not an image in a format"):
        images.read(path)
    monkeypatch.setattr(photo_file, "HEIF", False)
    with pytest.raises(VerismError, match=r"photo.heic: HEIC is read with another package: pip install"):
        images.read(path)


def test_the_first_of_several_pictures_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    frames = [Image.new("RGB", (40, 40), color) for color in ("red", "blue")]
    frames[0].save(tmp_path / "photo.webp", save_all=True, append_images=frames[1:])
    with caplog.at_level("INFO"):
        images.read(tmp_path / "photo.webp")
    assert "photo.webp: of its 2 pictures, the first is taken." in caplog.text
