"""Colours that sRGB cannot show: how many there are, and what they lose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch
from numpy.typing import NDArray
from photographs import ADOBE, ink_profile, levels16, scanner_profile

from verism import photo_file
from verism.photo_file import Encoding, icc
from verism.photo_file.gamut import SEEN, brought_in

KEEP = Encoding("keep")


def half_green(dtype: Any = np.uint16) -> NDArray[Any]:
    """Return samples of Adobe RGB: a green that sRGB cannot show beside a grey."""
    most = np.iinfo(dtype).max
    colors = np.full((40, 50, 3), most // 2, dtype)
    colors[:, :25] = 0, most, 0
    return colors


def shot(path: Path, samples: NDArray[Any], **holds: Any) -> photo_file.Photo:
    tifffile.imwrite(path, samples, photometric="rgb", iccprofile=ADOBE, **holds)
    return photo_file.read(path)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_photo_and_what_it_lost_are_the_file(tmp_path: Path, dtype: Any) -> None:
    """Whatever the colours, also near black, where a light hardly below 0 is several levels."""
    samples = (levels16(3) >> (8 if dtype == np.uint8 else 0)).astype(dtype)
    samples[:8] //= 100
    photo = shot(tmp_path / "wide.tif", samples)
    photo_file.write(tmp_path / "kept.tif", photo.showing(photo.pixels, kept=1), {}, KEEP)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "kept.tif"), samples)
    # Without it, the colours are clipped to sRGB.
    photo_file.write(tmp_path / "clipped.tif", photo.showing(photo.pixels), {}, KEEP)
    clipped = tifffile.imread(tmp_path / "clipped.tif").astype(int)
    assert np.abs(clipped - samples).max() > 0.1 * np.iinfo(dtype).max
    # And half of it leads half of the way.
    photo_file.write(tmp_path / "half.tif", photo.showing(photo.pixels, kept=0.5), {}, KEEP)
    half = tifffile.imread(tmp_path / "half.tif")
    np.testing.assert_allclose(half, (clipped + samples) / 2, rtol=0, atol=1)


def test_the_share_that_srgb_cannot_show(tmp_path: Path) -> None:
    assert shot(tmp_path / "half.tif", half_green()).beyond == 0.5
    within = shot(tmp_path / "within.tif", np.full((40, 50, 3), 40000, np.uint16))
    assert (within.beyond, within.lost) == (0.0, None)


def test_in_srgb_nothing_is_mixed_back(tmp_path: Path) -> None:
    photo = shot(tmp_path / "half.tif", half_green())
    for kept in (0.0, 1.0):
        photo_file.write(tmp_path / f"{kept}.tif", photo.showing(photo.pixels, kept), {})
    assert (tmp_path / "0.0.tif").read_bytes() == (tmp_path / "1.0.tif").read_bytes()


def test_what_is_too_little_to_be_seen_is_not_counted() -> None:
    green = np.linspace(0, 1, 4001, dtype=np.float32)
    colors = np.stack([np.full_like(green, 0.5), green, np.full_like(green, 0.5)], axis=1)[None]
    values = icc.to_srgb(colors, ADOBE, clip=False)
    expected = ((values < -SEEN) | (values > 1 + SEEN)).any(axis=2).mean()
    found = brought_in(colors, ADOBE, keep=False)
    assert found.beyond == pytest.approx(float(expected))
    assert 0 < found.beyond < float((values < 0).any(axis=2).mean())
    np.testing.assert_array_equal(found.pixels, icc.to_srgb(colors, ADOBE))


def test_a_space_to_which_nothing_leads_back_is_counted_alone(tmp_path: Path) -> None:
    for profile, channels in ((ink_profile(), 4), (scanner_profile(), 3)):
        found = brought_in(levels16(channels), profile, keep=False)
        assert found.beyond > 0
        assert found.lost is None
    tifffile.imwrite(tmp_path / "scan.tif", levels16(3), photometric="rgb", iccprofile=scanner_profile())
    scan = photo_file.read(tmp_path / "scan.tif")
    assert scan.beyond > 0
    assert (scan.profile, scan.lost) == (b"", None)


def test_another_size_takes_it_along_and_white_has_none(tmp_path: Path) -> None:
    samples = np.dstack([half_green(), np.full((40, 50), 65535, np.uint16)])
    samples[:20, :, 3] = 0
    photo = shot(tmp_path / "faint.tif", samples, extrasamples=["unassalpha"])
    assert photo.lost is not None
    smaller = photo.showing(photo.pixels[..., ::2, ::2], kept=1)
    assert smaller.lost is not None
    assert smaller.lost.shape == (1, 3, 20, 25)
    torch.testing.assert_close(smaller.lost[..., 15, 5], photo.lost[..., 30, 10].float(), rtol=0, atol=1e-4)
    over_white = photo.opaque.lost
    assert over_white is not None
    assert not over_white[..., :20, :].any()
    assert bool(over_white[..., 20:, :25].any())
