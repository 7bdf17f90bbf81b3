"""Regions beside their counterparts."""

from __future__ import annotations

import math

import pytest
import torch
from plain_photos import HEIGHT, WIDTH, plain

from verism import metrics
from verism.regions.regions import Regions


@pytest.mark.slow
def test_semantic_compares_regions_with_their_counterparts() -> None:
    """Sky and ground of one colour each: what either is off, along every direction alike, weighted by its area."""
    sky = torch.arange(HEIGHT).view(-1, 1).expand(1, 1, HEIGHT, WIDTH) < HEIGHT // 4
    low = torch.arange(HEIGHT).view(-1, 1).expand(1, 1, HEIGHT, WIDTH) < HEIGHT // 2
    known = Regions(("sky", "ground"), torch.cat([sky, ~sky], dim=1), torch.cat([low, ~low], dim=1))
    style = torch.where(low, plain(0.9, 0.9, 0.9), plain(0.2, 0.2, 0.2))
    matched = torch.where(sky, plain(0.9, 0.9, 0.9), plain(0.2, 0.2, 0.2))
    off = torch.where(sky, plain(0.5, 0.5, 0.5), plain(0.3, 0.3, 0.3))
    unit = float(metrics.semantic(plain(0, 0, 0), plain(1, 1, 1), known))
    assert float(metrics.semantic(matched, style, known)) == 0
    assert float(metrics.semantic(off, style, known)) == pytest.approx(unit * (0.25 * 0.4 + 0.75 * 0.1), rel=1e-6)
    assert unit == pytest.approx(1, abs=0.15)
    # Upside down, it has the same colours, and each in the wrong place.
    assert float(metrics.semantic(torch.where(sky, 0.2, 0.9).expand(1, 3, -1, -1), style, known)) > 0.6 * unit


def test_semantic_without_a_region_to_compare() -> None:
    """A thousandth of the photo is no region; neither is one that only one photo has."""
    spot = torch.zeros(1, 1, HEIGHT, WIDTH, dtype=torch.bool)
    spot[..., :10, :15] = True
    known = Regions(("spot", "rest"), torch.cat([spot, ~spot], dim=1), torch.cat([~spot, spot], dim=1))
    assert math.isnan(float(metrics.semantic(plain(0, 0, 0), plain(1, 1, 1), known)))
