"""The grade between two photos of one scene: a linear map of colours, found from what both photos show."""

from __future__ import annotations

import torch
from torch import Tensor

from verism.color.monge_kantorovich import monge_kantorovich
from verism.color.tone_and_chroma import HUES, KNOTS, ToneAndChroma

NOISE = 0.02
"""Standard deviation, in Oklab, up to which the variation of a photo's colours may be noise."""


def one_grade(content: Tensor, style: Tensor, content_weights: Tensor, style_weights: Tensor) -> ToneAndChroma:
    """Return the linear map of colours, in one row, that explains the difference of two photos of one scene.

    It is the mean of two maps that move mean and covariance with the least displacement (``monge_kantorovich``). The
    first is of all three coordinates together: it follows a split toning, but can turn a red black where it is wrong.
    The second is of lightness and of chroma separately, and cannot.

    Args:
        content: ``(3, n)``, Oklab.
        style: ``(3, m)``, Oklab.
        content_weights: ``(n,)`` in [0, 1], how much of what is at each pixel the style photo shows too.
        style_weights: ``(m,)`` in [0, 1], how much of what is at each pixel the content photo shows too.
    """
    weights = (content_weights, style_weights)
    together = _least_displacement(content, style, weights, axes=(0, 1, 2))
    lightness, chroma = (_least_displacement(content, style, weights, axes) for axes in ((0,), (1, 2)))
    apart = ToneAndChroma(*(a + b for a, b in zip(lightness, chroma, strict=True)))
    return together.towards(apart, 0.5)


def _least_displacement(
    content: Tensor, style: Tensor, weights: tuple[Tensor, Tensor], axes: tuple[int, ...]
) -> ToneAndChroma:
    """Return the linear map of least displacement of some of the three coordinates; the others become 0."""
    chosen = torch.zeros(3, 1)
    chosen[list(axes)] = 1
    ours, theirs = ((colors.cpu() * chosen).view(1, 3, 1, -1) for colors in (content, style))
    our_weights, their_weights = (weight.view(1, 1, 1, -1) for weight in weights)
    matrix, offset = monge_kantorovich(ours, theirs, NOISE, weights=(our_weights, their_weights))
    tones = (offset * chosen.flatten()).to(content).expand(1, KNOTS, 3)
    return ToneAndChroma(
        (matrix * chosen * chosen.T).to(content).unsqueeze(0), tones, content.new_zeros(1, HUES, KNOTS, 2)
    )
