"""The size at which photos are looked at."""

from __future__ import annotations

import pytest
import torch

from verism import metrics


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((48, 64), (320, 426)), ((1000, 640), (500, 320)), ((320, 3200), (320, 3200)), ((32, 3200), (102, 10200))],
)
def test_the_size_that_photos_are_looked_at(shape: tuple[int, int], expected: tuple[int, int]) -> None:
    """Up and down to a short side of 320; a panorama of 100:1, which would have 10 megapixels then, to one."""
    photo = metrics.at_side(torch.full((1, 3, *shape), 1.5, dtype=torch.bfloat16))
    assert photo.shape == (1, 3, *expected)
    assert photo.dtype == torch.float32
    assert float(photo.max()) == pytest.approx(1)
