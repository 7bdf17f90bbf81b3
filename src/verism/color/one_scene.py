"""The grade between two photos of one scene: a linear map of colours with a toe and a shoulder."""

from __future__ import annotations

import torch
from torch import Tensor

from verism.color.closed_form import in_color
from verism.color.monge_kantorovich import monge_kantorovich
from verism.color.tone_and_chroma import HUES, KNOTS, ToneAndChroma
from verism.color.weighted_colors import WeightedColors

NOISE = 0.02
"""Standard deviation, in Oklab, up to which variation of a photo's colours may be noise."""

KEPT = 0.5
"""Smallest share of the slope that a toe or a shoulder keeps at black or white, to preserve detail there."""


def one_grade(content: Tensor, style: Tensor, content_weights: Tensor, style_weights: Tensor) -> ToneAndChroma:
    """Return the map of colours, in one row, that explains the difference between two photos of one scene.

    It is the mean of two linear maps that match mean and covariance with the least displacement
    (``monge_kantorovich``). The first works on all three coordinates together: it follows split toning, but can turn
    red into black where it is wrong. The second works on lightness and on a and b separately, which rules that out.
    A linear map would burn out clouds or crush shadows beyond what both photos show, so their mean bends before it
    leaves the range of both.

    A black-and-white style has no noise in a and b: any of the photo's colours that the grade kept as noise would be
    visible.

    Args:
        content: ``(3, n)``, Oklab.
        style: ``(3, m)``, Oklab.
        content_weights: ``(n,)`` in [0, 1], how much of the content of each pixel the style photo shows too.
        style_weights: ``(m,)`` in [0, 1], how much of the content of each pixel the content photo shows too.
    """
    weights = (content_weights, style_weights)
    of_colors = NOISE * float(in_color(WeightedColors(style, torch.ones_like(style[0]))))
    noise = torch.tensor([NOISE, of_colors, of_colors], dtype=torch.float64, device="cpu")
    together = _least_displacement(content, style, weights, (0, 1, 2), noise)
    lightness, chroma = (_least_displacement(content, style, weights, axes, noise) for axes in ((0,), (1, 2)))
    apart = ToneAndChroma(*(a + b for a, b in zip(lightness, chroma, strict=True)))
    return _bent(together.towards(apart, 0.5), content, style)


def _bent(grade: ToneAndChroma, content: Tensor, style: Tensor) -> ToneAndChroma:
    """Give a linear map, in one row, a toe or a shoulder where it would exceed the black or white of both photos.

    The change is a parabola over lightness, from halfway between the photo's mean lightness and its black or white to
    that end, and a straight line beyond it.

    Args:
        grade: the map.
        content: ``(3, n)``, Oklab.
        style: ``(3, m)``, Oklab.
    """
    ours, theirs = (WeightedColors(colors, torch.ones_like(colors[0])).lightness_range for colors in (content, style))
    mean, slope, offset = (float(it) for it in (content[0].mean(), grade.matrix[0, 0, 0], grade.tones[0, 0, 0]))
    knots = torch.linspace(0, 1, KNOTS).to(grade.tones)
    tones = grade.tones.clone()
    for end, limit, outward in ((ours[0], min(ours[0], theirs[0]), -1), (ours[1], max(ours[1], theirs[1]), 1)):
        first = (mean + end) / 2
        reach = max(abs(end - first), 1e-6)
        beyond = min(max(outward * (slope * end + offset - limit), 0), (1 - KEPT) / 2 * slope * reach)
        way = (outward * (knots - first) / reach).clamp_min(0)
        tones[0, :, 0] -= outward * beyond * torch.where(way < 1, way.square(), 2 * way - 1)
    return grade._replace(tones=tones)


def _least_displacement(
    content: Tensor, style: Tensor, weights: tuple[Tensor, Tensor], axes: tuple[int, ...], noise: Tensor
) -> ToneAndChroma:
    """Return the linear map of least displacement for some of the three coordinates; the others become 0."""
    chosen = torch.zeros(3, 1)
    chosen[list(axes)] = 1
    ours, theirs = ((colors.cpu() * chosen).view(1, 3, 1, -1) for colors in (content, style))
    our_weights, their_weights = (weight.view(1, 1, 1, -1) for weight in weights)
    matrix, offset = monge_kantorovich(ours, theirs, noise, weights=(our_weights, their_weights))
    tones = (offset * chosen.flatten()).to(content).expand(1, KNOTS, 3)
    return ToneAndChroma(
        (matrix * chosen * chosen.T).to(content).unsqueeze(0), tones, content.new_zeros(1, HUES, KNOTS, 2)
    )
