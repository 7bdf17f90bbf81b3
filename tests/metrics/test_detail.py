"""Detail that went flat, and detail that was blown up."""

from __future__ import annotations

import pytest
import torch
from plain_photos import HEIGHT, WIDTH, halves, plain
from torch import Tensor

from verism import metrics


def grain() -> Tensor:
    """Grey with detail everywhere: a standard deviation of 0.05, on average."""
    noise = torch.randn(1, 1, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return (0.5 + 0.05 * noise).expand(1, 3, HEIGHT, WIDTH)


@pytest.mark.parametrize(
    ("gain", "expected"),
    [(0.0, (0.5, 0)), (0.2, (0.5, 0)), (0.6, (0, 0)), (2.0, (0, 0)), (3.5, (0, 0.5))],
)
def test_lost_and_blown_are_shares_of_the_detail(gain: float, expected: tuple[float, float]) -> None:
    """One half's contrast is multiplied: all of it counts, below 0.4 and above 2.5, but for the border's few pixels."""
    photo = grain()
    image = halves(0.5 + gain * (photo - 0.5), photo)
    assert float(metrics.lost(image, photo)) == pytest.approx(expected[0], abs=0.015)
    assert float(metrics.blown(image, photo)) == pytest.approx(expected[1], abs=0.015)


def test_lost_counts_only_where_there_was_detail() -> None:
    """The left half is flat, and nothing can be lost there; noise that comes there is not blown-up detail either."""
    photo = halves(plain(0.5, 0.5, 0.5), grain())
    assert float(metrics.lost(plain(0.5, 0.5, 0.5), photo)) == 1
    assert float(metrics.blown(grain(), photo)) < 0.01
    assert float(metrics.lost(plain(0.5, 0.5, 0.5), plain(0.2, 0.3, 0.4))) == 0
    assert float(metrics.blown(grain(), plain(0.2, 0.3, 0.4))) == 0
