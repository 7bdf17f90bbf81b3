"""Samples of every format, mode and depth."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch
from numpy.typing import NDArray
from photographs import GRADIENT, as_tensor, levels16, save
from PIL import Image

from verism import images
from verism.errors import VerismError


@pytest.mark.parametrize(("suffix", "tolerance"), [("png", 0), ("webp", 0), ("tiff", 0), ("bmp", 0), ("jpg", 6)])
def test_reads_formats(tmp_path: Path, suffix: str, tolerance: int) -> None:
    options = {"lossless": True} if suffix == "webp" else {"quality": 100} if suffix == "jpg" else {}
    photo = images.read(save(tmp_path / f"photo.{suffix}", Image.fromarray(GRADIENT), **options))
    assert photo.shape == (1, 3, 40, 50)
    assert photo.dtype == torch.float32
    expected = torch.from_numpy(GRADIENT).permute(2, 0, 1).unsqueeze(0) / 255
    assert float((photo - expected).abs().max()) * 255 <= tolerance + 1e-4


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK"])
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


def test_a_tiff_of_too_many_samples_a_pixel_is_refused_before_they_take_memory(tmp_path: Path) -> None:
    """Of few bytes, it stands for a gigabyte."""
    tifffile.imwrite(tmp_path / "photo.tiff", levels16(3), photometric="rgb", compression="zlib")
    with tifffile.TiffFile(tmp_path / "photo.tiff", mode="r+") as tiff:
        page: Any = tiff.pages[0]
        page.tags[277].overwrite(65000)
    tracemalloc.start()
    with pytest.raises(VerismError, match=r"photo.tiff: cannot be read as an image \(a TIFF of \(.*65000\) samples\)"):
        images.read(tmp_path / "photo.tiff")
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()
