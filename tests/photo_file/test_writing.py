"""Photo files out."""

from __future__ import annotations

import json
import os
import stat
from importlib.metadata import version
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
import torch
from photographs import ADOBE, GRADIENT, WRITTEN, as_tensor, levels16, save, scanner_profile
from PIL import ExifTags, Image
from torch import Tensor

from verism import images, photo_file
from verism.backbone.correspondence import Correspondence
from verism.canvas import BilateralGrid, Lut3d
from verism.errors import VerismError
from verism.photo_file import Encoding, Photo, icc


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
    with pytest.raises(VerismError, match=r"result.jpg: cannot have 16 bits per channel; choose .png or .tiff"):
        photo_file.check(tmp_path / "result.jpg", Encoding(depth=16))


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("kind", ["srgb", "keep"])
def test_results_carry_a_profile(tmp_path: Path, name: str, kind: Any) -> None:
    smooth = np.broadcast_to(np.linspace(40, 200, 50, dtype=np.uint8)[None, :, None], (40, 50, 3)).copy()
    smooth[..., 1] //= 2
    photo = photo_file.read(save(tmp_path / "photo.png", Image.fromarray(smooth), icc_profile=ADOBE))
    photo_file.write(tmp_path / name, photo, {}, Encoding(kind))
    with Image.open(tmp_path / name) as file:
        assert file.info["icc_profile"] == (ADOBE if kind == "keep" else icc.srgb())
        details = file.getexif().get_ifd(ExifTags.IFD.Exif)
    assert details[ExifTags.Base.ColorSpace] == (0xFFFF if kind == "keep" else 1)
    tolerance = {"result.jpg": 4, "result.webp": 6}.get(name, 1)
    torch.testing.assert_close(images.read(tmp_path / name), photo.pixels, rtol=0, atol=tolerance / 255)


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
        assert float((again.over_white - photo.over_white).abs().mean()) < 0.15  # Noise, in a lossy format.


def test_a_jpeg_shows_what_was_transparent_over_white(tmp_path: Path) -> None:
    photo = Photo(torch.ones(1, 3, 40, 40), alpha=torch.zeros(1, 1, 40, 40))
    photo_file.write(tmp_path / "result.jpg", photo, {})
    assert float(images.read(tmp_path / "result.jpg").min()) == 1.0


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
    canvas.start(ramp, ramp.flip(-1) ** 2, lambda content, style: Correspondence(*(torch.ones(1, 1, 1, 1),) * 2))
    photo_file.write(tmp_path / "sky.png", Photo(canvas.render(ramp), depth=16), {})
    row = images.read(tmp_path / "sky.png")[0, 1, 32]
    steps = row.diff().abs() * 65535
    assert len(row.unique()) > 1900
    assert float(steps.max()) < 3 * float(steps.mean())


@pytest.mark.parametrize(("name", "width"), [("a.webp", 16383), ("a.jpg", 65500)])
def test_a_format_that_has_not_so_many_pixels(tmp_path: Path, name: str, width: int) -> None:
    photo_file.write(tmp_path / name, Photo(torch.zeros(1, 3, 32, width)), {})
    with pytest.raises(VerismError, match=rf"{name}: has at most {width} pixels on a side; choose .png or .tiff"):
        photo_file.write(tmp_path / name, Photo(torch.zeros(1, 3, 32, width + 1)), {})
    assert images.read(tmp_path / name).shape == (1, 3, 32, width)


def test_a_profile_that_leads_one_way_is_not_kept(tmp_path: Path) -> None:
    """As scanners have; the result is sRGB, and the colours are those of the photo."""
    picture = Image.fromarray(GRADIENT)
    photo = photo_file.read(save(tmp_path / "photo.png", picture, icc_profile=scanner_profile()))
    assert float((photo.pixels - as_tensor(GRADIENT, 255)).abs().mean()) > 0.02
    assert photo.profile == b""
    photo_file.write(tmp_path / "result.png", photo, {}, Encoding("keep"))
    torch.testing.assert_close(images.read(tmp_path / "result.png"), photo.pixels, rtol=0, atol=0.51 / 255)


@pytest.mark.parametrize("name", ["result.jpg", "result.webp"])
def test_quality(tmp_path: Path, name: str, content: Tensor) -> None:
    sizes = []
    for quality in (1, 50, 95, 100):
        photo_file.write(tmp_path / name, Photo(content), {}, Encoding(quality=quality))
        sizes.append((tmp_path / name).stat().st_size)
    assert sizes == sorted(sizes)
    assert len(set(sizes)) == len(sizes)
    photo_file.write(tmp_path / name, Photo(content), {})
    assert (tmp_path / name).stat().st_size == sizes[2]
    for wrong in (0, 101):
        with pytest.raises(VerismError, match=rf"--output.quality {wrong}: must be from 1 to 100"):
            photo_file.check(tmp_path / name, Encoding(quality=wrong))
