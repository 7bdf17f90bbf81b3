"""A tone curve with bounded slopes that gives a photo the distribution of another photo's lightnesses."""

from __future__ import annotations

import torch
from torch import Tensor

from verism.color.tone_and_chroma import KNOTS
from verism.color.weighted_colors import quantiles

QUANTILES = 65
"""Number of quantiles of lightness that the curve is fitted to."""

SLOPES = (0.5, 1.8)
"""Bounds of the slope. Below them, texture goes flat; above them, noise becomes visible."""

RIDGE = 0.02
"""Weight of the squared deviation of the slope from 1, relative to the squared error of the quantiles. It decides the
slope where the photo has few pixels."""

ANCHOR = 4.0
"""Weight of the squared error at black and at white, relative to the mean squared error of the quantiles."""

_ROUNDS = 40
"""Number of rounds of the penalty method that brings slopes within their bounds."""

_STIFFENING = 0.05 * ANCHOR
"""Amount by which the penalty on a slope grows in each round in which it is out of bounds."""


def tone_curve(
    content: Tensor,
    content_weights: Tensor,
    style: Tensor,
    style_weights: Tensor,
    ends: tuple[float, float],
    slopes: tuple[float, float] = SLOPES,
    anchors: tuple[float, float] = (ANCHOR, ANCHOR),
) -> Tensor:
    """Fit a piecewise linear curve that maps the lightnesses of the content photo to the distribution of the style's.

    Uses least squares between quantiles, with a ridge towards a slope of 1. Slopes that leave their bounds are
    penalised, with a weight that grows until they return.

    Args:
        content: ``(n,)``, lightnesses in [0, 1].
        content_weights: ``(n,)``, the weight of each lightness.
        style: ``(m,)``, lightnesses in [0, 1].
        style_weights: ``(m,)``, the weight of each lightness.
        ends: target lightnesses of black and white, reached as far as the slopes allow.
        slopes: lower and upper bound of the slope.
        anchors: weights of the squared errors at black and at white, relative to the mean squared error of the
            quantiles; 0 leaves an end free.

    Returns:
        The curve at lightnesses spaced evenly from 0 to 1, ``(KNOTS,)`` float32, on the CPU.
    """
    at = (torch.arange(QUANTILES, dtype=torch.float64) + 0.5) / QUANTILES
    x, y = quantiles(content, content_weights, at), quantiles(style, style_weights, at)
    knots = torch.linspace(0, 1, KNOTS, dtype=torch.float64)
    hats = (1 - (x.unsqueeze(1) - knots).abs() * (KNOTS - 1)).clamp_min(0)
    slope = torch.eye(KNOTS, dtype=torch.float64).diff(dim=0) * (KNOTS - 1)
    matrix = hats.T @ hats / QUANTILES + RIDGE / (KNOTS - 1) * slope.T @ slope
    right = hats.T @ y / QUANTILES + RIDGE / (KNOTS - 1) * slope.sum(dim=0)
    for knot, end, anchor in zip((0, -1), ends, anchors, strict=True):
        matrix[knot, knot] += anchor
        right[knot] += anchor * end
    penalty, bound = torch.zeros(KNOTS - 1, dtype=torch.float64), torch.ones(KNOTS - 1, dtype=torch.float64)
    for _ in range(_ROUNDS):
        stiff = matrix + slope.T @ (penalty.unsqueeze(1) * slope)
        curve: Tensor = torch.linalg.solve(stiff, right + slope.T @ (penalty * bound))
        found = slope @ curve
        nearest = found.clamp(*slopes)
        outside = found != nearest
        bound = torch.where(outside, nearest, bound)
        penalty = torch.where(outside, penalty + _STIFFENING, penalty)
    return curve.float()
