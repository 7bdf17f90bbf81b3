"""The tone curve: which one it finds, and the bounds of its slopes."""

from __future__ import annotations

import itertools

import pytest
import torch
from oklab import ones

from verism.color.closed_form import BLACK
from verism.color.tone_and_chroma import KNOTS
from verism.color.tone_curve import ANCHOR, SLOPES, tone_curve

IDENTITY = torch.linspace(0, 1, KNOTS)

OPEN = (0.0, 0.0)
"""Anchors that leave black and white open."""


DISTRIBUTIONS = {
    "even": torch.linspace(0, 1, 500),
    "black": torch.zeros(100),
    "white": torch.ones(100),
    "grey": torch.full((100,), 0.5),
    "black and white": torch.tensor([0.0, 1.0] * 50),
    "haze": torch.linspace(0.49, 0.51, 100),
    "dark": torch.linspace(0, 1, 500) ** 4,
    "a pixel": torch.tensor([0.3]),
}


@pytest.mark.parametrize("anchors", [OPEN, (ANCHOR, ANCHOR)])
@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_equal_distributions_have_the_identity_for_a_curve(name: str, anchors: tuple[float, float]) -> None:
    values = DISTRIBUTIONS[name]
    curve = tone_curve(values, ones(values), values.flip(0), ones(values), (0.0, 1.0), anchors=anchors)
    torch.testing.assert_close(curve, IDENTITY, rtol=0, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(("white", "anchors"), [(1.0, OPEN), (1.0, (ANCHOR, ANCHOR)), (0.3, (ANCHOR, ANCHOR))])
def test_slopes_stay_in_their_bounds_whatever_the_style(white: float, anchors: tuple[float, float]) -> None:
    for ours, theirs in itertools.product(DISTRIBUTIONS.values(), repeat=2):
        curve = tone_curve(ours, ones(ours), theirs, ones(theirs), (BLACK, white), anchors=anchors)
        steps = curve.double().diff() * (KNOTS - 1)
        assert float(steps.min()) > SLOPES[0] - 0.02
        assert float(steps.max()) < SLOPES[1] + 0.02


@pytest.mark.parametrize(("gain", "lift"), [(0.8, 0.1), (1.0, -0.2), (1.5, -0.3)])
def test_a_curve_finds_the_linear_one_that_made_the_style(gain: float, lift: float) -> None:
    """Where there are pixels; but for the ridge."""
    ours = torch.linspace(0.3, 0.6, 500)
    curve = tone_curve(ours, ones(ours), gain * ours + lift, ones(ours), (0.0, 1.0), anchors=OPEN)
    inside = (IDENTITY > 0.32) & (IDENTITY < 0.58)
    torch.testing.assert_close(curve[inside], (gain * IDENTITY + lift)[inside], rtol=0, atol=0.03)
