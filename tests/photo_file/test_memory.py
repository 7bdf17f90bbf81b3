"""Photos in memory: what Pillow and tensors hold is read as a file of it would be, or refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import CONFIGS
from PIL import Image, ImageCms, ImageOps
from torch import Tensor

from verism import VerismError, photo_file

LAKE = CONFIGS / "photos" / "lake.jpg"


def small(mode: str = "RGB") -> Image.Image:
    with Image.open(LAKE) as photo:
        return photo.convert("RGB").resize((60, 40)).convert(mode)


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "1", "RGBA", "LA", "CMYK"])
def test_is_read_as_a_file_of_it(tmp_path: Path, mode: str) -> None:
    image = small(mode)
    file = tmp_path / ("photo.tiff" if mode == "CMYK" else "photo.png")
    image.save(file)
    assert torch.equal(photo_file.from_pillow(image, "it").pixels, photo_file.read(file).pixels)


def test_16_bits(tmp_path: Path) -> None:
    levels = np.linspace(0, 65535, 40 * 60).reshape(40, 60).astype(np.uint16)
    photo = photo_file.from_pillow(Image.fromarray(levels), "it")
    assert photo.depth == 16
    assert torch.equal(photo.pixels[0, 0], torch.from_numpy(levels.astype(np.float32) / 65535))


def test_profile_and_orientation(tmp_path: Path) -> None:
    """Pixels in an embedded profile are converted, and EXIF's orientation is applied, as of a file."""
    image = small()
    exif = Image.Exif()
    exif[0x0112] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    image.save(tmp_path / "photo.png", exif=exif)
    with Image.open(tmp_path / "photo.png") as opened:
        turned = photo_file.from_pillow(opened, "it")
        assert turned.pixels.shape == (1, 3, 60, 40)
        upright = photo_file.from_pillow(ImageOps.exif_transpose(opened), "it")
    assert torch.equal(turned.pixels, upright.pixels)
    # A profile of another space than the pixels' cannot be used, which is said and does no harm.
    image.info["icc_profile"] = profile
    assert torch.equal(photo_file.from_pillow(image, "it").pixels, photo_file.from_pillow(small(), "it").pixels)


def test_back_to_pillow_is_exact() -> None:
    opaque, translucent = small(), small()
    # What is fully transparent has no colour to keep.
    translucent.putalpha(Image.linear_gradient("L").resize(translucent.size).point(lambda level: max(1, level)))
    for image in (opaque, translucent):
        back = photo_file.to_pillow(photo_file.from_pillow(image, "it"))
        assert back.mode == image.mode
        assert np.array_equal(np.asarray(back), np.asarray(image))


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        (Image.new("RGB", (31, 40)), "31×40 pixels are too few"),
        (Image.new("I", (40, 40)), "mode I cannot be read"),
        (Image.new("F", (40, 40), 2.0), "outside of"),
    ],
)
def test_refuses_other_images(image: Image.Image, sentence: str) -> None:
    with pytest.raises(VerismError, match=f"it: .*{sentence}"):
        photo_file.from_pillow(image, "it")


@pytest.mark.parametrize(
    ("tensor", "sentence"),
    [
        (torch.zeros(3, 40, 40), "shape"),
        (torch.zeros(2, 3, 40, 40), "shape"),
        (torch.zeros(1, 3, 40, 40, dtype=torch.uint8), "floating point"),
        (torch.full((1, 3, 40, 40), 255.0), "go from 255 to 255"),
        (torch.full((1, 3, 40, 40), float("nan")), "go from nan"),
        (torch.zeros(1, 3, 40, 31), "too few"),
    ],
)
def test_refuses_other_tensors(tensor: Tensor, sentence: str) -> None:
    with pytest.raises(VerismError, match=f"it: .*{sentence}"):
        photo_file.from_tensor(tensor, "it")


@pytest.mark.parametrize(("beyond", "said"), [(1e-6, False), (0.1, True)])
def test_values_just_outside_are_clipped(beyond: float, said: bool, caplog: pytest.LogCaptureFixture) -> None:
    tensor = torch.full((1, 3, 40, 40), 0.5)
    tensor[..., 0], tensor[..., 1] = -beyond, 1 + beyond
    with caplog.at_level("INFO", logger="lightning.pytorch.utilities.rank_zero"):
        photo = photo_file.from_tensor(tensor, "it")
    assert torch.equal(photo.pixels, tensor.clamp(0, 1))
    assert ("it: its values go from -0.1 to 1.1; they are clipped" in caplog.text) == said


def test_a_tensor_is_not_changed_later() -> None:
    tensor = torch.full((1, 3, 40, 40), 0.5, dtype=torch.float64)
    photo = photo_file.from_tensor(tensor, "it")
    tensor.zero_()
    assert torch.equal(photo.pixels, torch.full((1, 3, 40, 40), 0.5))
