"""Photo files in, photo files out."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import ExifTags, Image
from torch import Tensor

from verism import images
from verism.errors import VerismError

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
    assert exif[ExifTags.Base.Software] == "verism"
    assert json.loads(exif[ExifTags.Base.ImageDescription]) == {"weights": "compact", "sha256": "abc"}
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
        assert "compact" in file.getexif()[ExifTags.Base.ImageDescription]


def test_clips_what_is_out_of_range(tmp_path: Path, content: Tensor) -> None:
    images.write(tmp_path / "result.png", content * 4 - 2, {})
    torch.testing.assert_close(
        images.read(tmp_path / "result.png"), (content * 4 - 2).clamp(0, 1), atol=0.5 / 255 + 1e-6, rtol=0
    )


def test_refuses_other_endings(tmp_path: Path, content: Tensor) -> None:
    with pytest.raises(VerismError, match=r"result.gif: results are written as .png, .jpg, .jpeg"):
        images.write(tmp_path / "result.gif", content, {})


def test_resize_keeps_constants_and_passes_its_own_shape_through(content: Tensor) -> None:
    assert images.resize(content, (48, 64)) is content
    constant = torch.full((1, 3, 48, 64), 0.3)
    torch.testing.assert_close(images.resize(constant, (17, 90)), torch.full((1, 3, 17, 90), 0.3))


def test_luma_is_pillows(content: Tensor) -> None:
    levels = (content * 255).round()
    picture = Image.fromarray(levels.squeeze(0).permute(1, 2, 0).to(torch.uint8).numpy())
    expected = torch.tensor(np.asarray(picture.convert("L"))).float()
    assert float((images.luma(levels).squeeze() - expected).abs().max()) <= 0.51


def test_blend_goes_from_the_photo_to_the_image(content: Tensor, style: Tensor) -> None:
    image = images.resize(style, content.shape[-2:])
    assert torch.equal(images.blend(content, image, 0), content)
    assert torch.equal(images.blend(content, image, 1), image)
    torch.testing.assert_close(images.blend(content, image, 0.25), 0.75 * content + 0.25 * image)


def test_blend_clips_before(content: Tensor) -> None:
    """Half the strength is half of what is seen, also where it is all white."""
    bright = torch.full_like(content, 9.0)
    torch.testing.assert_close(images.blend(content, bright, 0.5), (content + 1) / 2)
    torch.testing.assert_close(images.blend(content, -bright, 0.5), content / 2)


@pytest.mark.parametrize("kind", [torch.float64, torch.bfloat16])
def test_blend_is_of_the_photos_type(content: Tensor, kind: torch.dtype) -> None:
    """Whatever the precision of the run was."""
    blended = images.blend(content, (1 - content).to(kind), 1)
    assert blended.dtype == torch.float32
    torch.testing.assert_close(blended, 1 - content, rtol=0, atol=1e-2)


def test_strength_is_a_share() -> None:
    for strength in (0, 0.3, 1):
        images.check_strength("--output.strength", strength)
    for strength in (-0.1, 1.01, float("nan"), float("inf")):
        with pytest.raises(VerismError, match=rf"--output.strength {strength}: must be from 0, the content photo, to"):
            images.check_strength("--output.strength", strength)


def test_which_endings_can_be_written() -> None:
    assert all(images.can_write(Path(name)) for name in ("a.png", "a.jpg", "a.JPEG", "a.b.PNG"))
    assert not any(images.can_write(Path(name)) for name in ("a.tiff", "a.webp", "a", "png", "a.png.gif"))


def test_matching_a_pattern(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In order, wherever; folders are no photos."""
    for name in ("b.jpg", "a.jpg", "c.png", "sub/d.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.jpg").mkdir()
    assert images.matching(tmp_path / "*.jpg") == [tmp_path / "a.jpg", tmp_path / "b.jpg"]
    assert images.matching(tmp_path / "[ac].*") == [tmp_path / "a.jpg", tmp_path / "c.png"]
    assert images.matching(tmp_path / "*" / "*.jpg") == [tmp_path / "sub" / "d.jpg"]
    monkeypatch.chdir(tmp_path)
    assert images.matching(Path("?.jpg")) == [Path("a.jpg"), Path("b.jpg")]


def test_matching_a_name(tmp_path: Path) -> None:
    """Itself, if there is no such file, and also if it looks like a pattern."""
    assert images.matching(tmp_path / "missing.jpg") == [tmp_path / "missing.jpg"]
    (tmp_path / "photo[1].jpg").touch()
    assert images.matching(tmp_path / "photo[1].jpg") == [tmp_path / "photo[1].jpg"]


def test_a_pattern_that_matches_nothing_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "folder.gif").mkdir()
    for name in ("*.gif", "nowhere/*.jpg", "photo[2].jpg"):
        with pytest.raises(VerismError, match="matches no photo"):
            images.matching(tmp_path / name)
