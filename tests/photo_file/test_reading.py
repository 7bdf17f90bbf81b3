"""Photo files in."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
import torch
from numpy.typing import NDArray
from photographs import ADOBE, GRADIENT, as_tensor, ink_profile, levels16, save
from PIL import ExifTags, Image, ImageCms
from torch import Tensor

from verism import images, photo_file
from verism.data import PhotoPair
from verism.errors import VerismError
from verism.photo_file import icc


def test_what_is_seen_keeps_its_colours_and_what_is_not_has_those_around_it(tmp_path: Path) -> None:
    pixels = np.zeros((40, 40, 4), np.uint8)
    pixels[:, :20] = (255, 0, 0, 128)
    path = save(tmp_path / "photo.png", Image.fromarray(pixels))
    photo = photo_file.read(path)
    torch.testing.assert_close(photo.pixels, torch.tensor([1.0, 0, 0]).view(1, 3, 1, 1).expand(1, 3, 40, 40))
    torch.testing.assert_close(photo.over_white[0, :, 5, 5], torch.tensor([1.0, 127 / 255, 127 / 255]))
    assert torch.equal(photo.over_white[0, :, 5, 30], torch.ones(3))
    palette = Image.fromarray(np.zeros((40, 40), np.uint8)).convert("P")
    hidden = photo_file.read(save(tmp_path / "palette.png", palette, transparency=0))
    assert float(hidden.over_white.min()) == 1.0


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


def claims(path: Path, width: int, height: int) -> Path:
    """Write a PNG file that says that it is of such a size, and holds nothing."""
    head = struct.pack(">II5B", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(b"")), (b"IEND", b""))
    body = b"".join(struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in chunks)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    return path


def test_a_file_that_claims_too_much_is_refused(tmp_path: Path) -> None:
    bomb = claims(tmp_path / "bomb.png", 60000, 60000)
    with pytest.raises(
        VerismError,
        match=r"bomb.png: has more pixels than the safety limit of 179 megapixels; .* raise --data.max_megapixels",
    ):
        images.read(bomb)
    save(tmp_path / "photo.png", Image.fromarray(GRADIENT))
    tifffile.imwrite(
        tmp_path / "photo.tiff", levels16(3).transpose(2, 0, 1).copy(), photometric="rgb", planarconfig="separate"
    )
    for name in ("photo.png", "photo.tiff"):
        with photo_file.limited(0.001), pytest.raises(VerismError, match=rf"{name}: has more pixels"):
            images.read(tmp_path / name)
    with photo_file.limited(0.003):
        assert images.read(tmp_path / "photo.png").shape[-2:] == (40, 50)
    for wrong in (0, -1, float("nan")):
        with (
            pytest.raises(VerismError, match=r"--data.max_megapixels .*: must be above 0"),
            photo_file.limited(wrong),
        ):
            pass


def test_the_limit_is_of_our_reading_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a program has set for its own ``Image.open`` stays, and does not keep us from reading what we may."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500)
    save(tmp_path / "photo.png", Image.fromarray(GRADIENT))
    pair = PhotoPair(tmp_path / "photo.png", tmp_path / "photo.png", size=40, max_megapixels=0.003)
    assert pair.photos.content.shape[-2:] == (40, 50)
    assert Image.MAX_IMAGE_PIXELS == 500
    with pytest.raises(VerismError, match=r"photo.png: has more pixels than the safety limit of 0.0019 mega"):
        _ = PhotoPair(tmp_path / "photo.png", tmp_path / "photo.png", size=40, max_megapixels=0.0019).photos
    assert Image.MAX_IMAGE_PIXELS == 500
    assert images.read(tmp_path / "photo.png").shape[-2:] == (40, 50)
    with pytest.raises(Image.DecompressionBombError):
        Image.open(tmp_path / "photo.png")


def test_an_image_in_memory_of_too_many_pixels_is_one_sentence() -> None:
    with photo_file.limited(0.001), pytest.raises(VerismError, match=r"mine: has more pixels"):
        photo_file.from_pillow(Image.fromarray(GRADIENT), "mine")


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


def test_cmyk_is_converted_by_its_profile(tmp_path: Path) -> None:
    inks = Image.fromarray(np.dstack([GRADIENT, GRADIENT[::-1, :, 0] // 2]), "CMYK")
    profile = ink_profile()
    photo = photo_file.read(save(tmp_path / "photo.tiff", inks, icc_profile=profile))
    torch.testing.assert_close(photo.pixels, by_pillow(inks, profile), rtol=0, atol=1.01 / 255)
    naive = images.read(save(tmp_path / "naive.tiff", inks))
    assert float((photo.pixels - naive).abs().mean()) > 0.02
    assert photo.profile == b""


def test_srgb_by_whatever_profile_is_taken_as_it_is(tmp_path: Path) -> None:
    for profile in (icc.srgb(), imagecodecs.cms_profile("srgb")):
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


def test_an_empty_file_is_not_taken_for_one_of_another_format(tmp_path: Path) -> None:
    for name in ("photo.jpg", "photo.heic", "photo.NEF", "photo"):
        (tmp_path / name).touch()
        for look_at in (photo_file.read, photo_file.check_header):
            with pytest.raises(VerismError, match=rf"{name}: is empty \(0 bytes\); copy or download it again"):
                look_at(tmp_path / name)


def test_heic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    smooth = Image.fromarray(np.broadcast_to(np.linspace(0, 255, 64, dtype=np.uint8)[:, None], (64, 64)).copy())
    path = save(tmp_path / "photo.heic", smooth.convert("RGB"), quality=100)
    assert float((images.read(path) - as_tensor(np.asarray(smooth.convert("RGB")), 255)).abs().max()) < 0.05
    path.write_bytes(b"something else")
    with pytest.raises(VerismError, match=r"photo.heic: not an image in a format"):
        images.read(path)
    monkeypatch.setattr(photo_file.reading, "HEIF", False)
    with pytest.raises(VerismError, match=r"photo.heic: HEIC is read with another package: pip install"):
        images.read(path)


def test_the_first_of_several_pictures_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    frames = [Image.new("RGB", (40, 40), color) for color in ("red", "blue")]
    frames[0].save(tmp_path / "photo.webp", save_all=True, append_images=frames[1:])
    with caplog.at_level("INFO"):
        images.read(tmp_path / "photo.webp")
    assert "photo.webp: only the first of its 2 pictures is used." in caplog.text
