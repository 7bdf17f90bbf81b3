"""The distance to the style's Gram matrices."""

from __future__ import annotations

import math

import pytest
import torch

from verism import metrics
from verism.losses.gram import Gram, gram


def grams(seed: int) -> dict[str, Gram]:
    generator = torch.Generator().manual_seed(seed)
    return {layer: gram(torch.randn(1, 4, 5, 6 + seed, generator=generator)) for layer in metrics.STYLE_LAYERS}


def test_style_distance_is_one_at_the_content_and_zero_at_the_style() -> None:
    content, style = grams(1), grams(2)
    assert float(metrics.style_distance(content, content, style)) == 1
    assert float(metrics.style_distance(style, content, style)) == 0


def test_style_distance_averages_ratios_per_layer() -> None:
    """Half of the way left at the first layer, nothing at the others; the layers' own scales do not count."""
    content = {layer: Gram(torch.full((4, 4), 10.0**i), 2) for i, layer in enumerate(metrics.STYLE_LAYERS)}
    style = {layer: Gram(torch.zeros(4, 4), 9) for layer in metrics.STYLE_LAYERS}
    image = style | {"relu1_1": Gram(torch.full((4, 4), 2.0), 8)}
    assert float(metrics.style_distance(image, content, style)) == pytest.approx(0.5**2 / 5)


def test_style_distance_between_the_same_statistics() -> None:
    same = grams(1)
    assert math.isnan(float(metrics.style_distance(same, same, same)))
    assert float(metrics.style_distance(grams(2), same, same)) == math.inf
