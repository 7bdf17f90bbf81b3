"""Boxes: parts of a map, put where they belong, and shares of it."""

from __future__ import annotations

import pytest
import torch

from verism.backbone.architecture import POOLED
from verism.tiling.boxes import Box, shares


def test_parts_are_put_where_they_belong() -> None:
    frame = Box(2, 3, 6, 9)
    of_frame = torch.rand(1, 2, 4, 6)
    result = None
    for box in frame.cut(3, 1):
        result = box.put(of_frame[..., *box.within(frame)], frame, result)
    assert result is not None
    assert torch.equal(result, of_frame)
    assert frame.put(of_frame, frame, None) is of_frame


@pytest.mark.parametrize(("height", "width"), [(97, 131), (131, 97), (600, 1066)])
def test_shares_are_bands_across_the_longer_side(height: int, width: int) -> None:
    parts = shares(height, width, 3)
    pixels = [(part.bottom - part.top) * (part.right - part.left) for part in parts]
    assert sum(pixels) == height * width
    assert max(pixels) - min(pixels) <= 2 * POOLED * min(height, width)
    assert all((part.right - part.left == width) is (height > width) for part in parts)
