"""Colour profiles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from imagecodecs import cms_transform
from numpy.typing import NDArray
from photographs import ADOBE, GRADIENT

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
