"""Colour profiles."""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from imagecodecs import cms_transform
from numpy.typing import NDArray
from photographs import ADOBE, GRADIENT
from PIL import ImageCms

from verism.photo_file import icc


@pytest.fixture
def three_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


def test_each_core_takes_its_rows_and_the_colours_are_the_same(
    three_threads: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = cms_transform(
        GRADIENT, ADOBE, icc.srgb(), colorspace="rgb", outcolorspace="rgb", outdtype="float32", intent=1
    )
    rows = []

    def counted(samples: NDArray[Any], *args: Any, **kwargs: Any) -> Any:
        rows.append(len(samples))
        return cms_transform(samples, *args, **kwargs)

    monkeypatch.setattr("verism.photo_file.icc.cms_transform", counted)
    assert np.array_equal(icc.to_srgb(GRADIENT, ADOBE), np.clip(whole, 0, 1))
    assert sorted(rows) == [12, 14, 14]


class AtAnotherTime(ImageCms.ImageCmsProfile):
    """LittleCMS's profile, as it makes it at other times."""

    date = b"2031"
    signed = False

    def tobytes(self) -> bytes:
        made = bytearray(super().tobytes())
        made[24:36] = self.date * 3
        made[84:100] = b"an ID, 16 bytes!" if self.signed else bytes(16)
        return bytes(made)


@pytest.mark.parametrize("make", [icc.srgb, icc._lab])
def test_a_profile_is_the_same_at_any_time(make: Callable[[], bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in another program: so are the files that contain it."""
    monkeypatch.setattr(ImageCms, "ImageCmsProfile", AtAnotherTime)
    found = []
    for date in (b"2031", b"2032"):
        monkeypatch.setattr(AtAnotherTime, "date", date)
        found.append(make.__wrapped__())  # type: ignore[attr-defined]  # Without the cache.
    assert found[0] == found[1] == make()
    assert int.from_bytes(make()[24:26], "big") == 1999


def test_the_profile_is_sound_and_changes_no_colour() -> None:
    """Read by Pillow, and with the pixels that LittleCMS's own profile gives."""
    dated = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = ImageCms.ImageCmsProfile(io.BytesIO(icc.srgb()))
    assert "sRGB" in ImageCms.getProfileDescription(profile)
    # Not Pillow's creation_date, which is a month early.
    assert struct.unpack(">6H", icc.srgb()[24:36]) == icc.MADE
    assert (len(icc.srgb()), icc.srgb()[128:]) == (len(dated), dated[128:])
    same = cms_transform(GRADIENT, ADOBE, dated, colorspace="rgb", outcolorspace="rgb", outdtype="float32", intent=1)
    assert np.array_equal(icc.to_srgb(GRADIENT, ADOBE), np.clip(same, 0, 1))


def test_the_id_of_a_profile_is_that_of_its_new_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageCms, "ImageCmsProfile", AtAnotherTime)
    assert icc.srgb.__wrapped__()[84:100] == bytes(16)
    monkeypatch.setattr(AtAnotherTime, "signed", True)
    signed = icc.srgb.__wrapped__()
    plain = bytearray(signed)
    plain[44:48], plain[64:68], plain[84:100] = bytes(4), bytes(4), bytes(16)
    assert signed[84:100] == hashlib.md5(plain, usedforsecurity=False).digest()
