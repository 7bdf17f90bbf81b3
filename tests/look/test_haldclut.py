"""Lookup tables as HaldCLUT pictures, read back by the format's definition."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image

from verism import photo_file
from verism.color.table import nodes
from verism.look import haldclut
from verism.photo_file.icc import srgb


@pytest.mark.slow
@pytest.mark.parametrize("level", haldclut.LEVELS)
def test_is_the_identity_of_the_format(tmp_path: Path, level: int) -> None:
    """Pixel i has red i % L², green i / L² % L² and blue i / L⁴, each over L² - 1."""
    haldclut.write(tmp_path / "new" / "look.png", nodes(level**2), "none")
    photo = photo_file.read(tmp_path / "new" / "look.png")
    assert photo.depth == 16
    assert photo.pixels.shape == (1, 3, level**3, level**3)
    index = torch.arange(level**6)
    expected = torch.stack([index % level**2, index // level**2 % level**2, index // level**4]) / (level**2 - 1)
    torch.testing.assert_close(photo.pixels.view(3, -1), expected, rtol=0, atol=1e-5)


def test_clips_what_a_picture_cannot_hold(tmp_path: Path) -> None:
    haldclut.write(tmp_path / "look.png", 3 * nodes(16) - 1, "none")
    expected = (3 * nodes(16) - 1).clamp(0, 1).reshape(1, 3, 64, 64)
    torch.testing.assert_close(photo_file.read(tmp_path / "look.png").pixels, expected, rtol=0, atol=1e-5)


def test_is_srgb_and_says_what_it_is_of(tmp_path: Path) -> None:
    haldclut.write(tmp_path / "look.png", nodes(16), "two\nlines")
    with Image.open(tmp_path / "look.png") as picture:
        assert picture.info["icc_profile"] == srgb()
        assert "two\\nlines" in str(picture.getexif()[37395])
