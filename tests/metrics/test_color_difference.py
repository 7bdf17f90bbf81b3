"""CIEDE2000, against the pairs of those who defined it."""

from __future__ import annotations

import pytest
from plain_photos import flat, srgb

from verism import metrics


@pytest.mark.parametrize(
    ("first", "second", "difference"),
    [
        ((50.0, 2.5, 0.0), (61.0, -5.0, 29.0), 22.8977),
        ((50.0, 2.5, 0.0), (58.0, 24.0, 15.0), 19.4535),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
        ((6.7747, -0.2908, -2.4247), (5.8714, -0.0985, -2.2286), 0.6377),
        ((0.0, 0.0, 0.0), (100.0, 0.0, 0.0), 100.0),
    ],
)
def test_ciede2000_of_sharmas_pairs(first: tuple[float, ...], second: tuple[float, ...], difference: float) -> None:
    """Sharma et al. 2005, Table 1."""
    assert float(metrics.ciede2000(flat(*srgb(*first)), flat(*srgb(*second)))) == pytest.approx(difference, abs=2e-2)


def test_ciede2000_clamps() -> None:
    assert float(metrics.ciede2000(flat(-0.5), flat(1.5))) == pytest.approx(100, abs=1e-2)
