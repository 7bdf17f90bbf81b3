"""Keeps the hue of a graded colour between the colour's own hue and the style's."""

from __future__ import annotations

import torch
from torch import Tensor

WIDE = 0.5
"""Sine of the largest angle between two hues, 150 degrees, up to which all hues between them are kept. Closer to 180
degrees, neither way around the circle is clearly shorter, and colours pass through grey instead."""


def between(colors: Tensor, own: Tensor, wanted: Tensor) -> Tensor:
    """Move the hues of colours between two hues, on the shorter way around the circle.

    A colour outside the cone ``{α · own + β · wanted | α, β ≥ 0}`` is projected onto it: onto the nearer of its two
    edges, or to grey. A deep blue that takes on some orange is then bluish, grey or orange, but not mauve.

    The cone between two hues that are far apart also contains hues that neither photo has. Colours with such hues are
    moved towards the nearer edge: the smaller of α and β is multiplied by a power of its ratio to the larger one. The
    exponent rises from 0 at a right angle to 1 at 120 degrees.

    Args:
        colors: ``(…, 2)``, a and b of Oklab.
        own: ``(…, 2)``, unit vectors.
        wanted: ``(…, 2)``, unit vectors, or 0 to allow only the own hue.
    """
    across = _cross(own, wanted)
    is_inside = (_cross(colors, wanted) * across >= 0) & (_cross(own, colors) * across >= 0)
    is_acute = (own * wanted).sum(dim=-1) > 0
    on_own, on_wanted = ((colors * edge).sum(dim=-1, keepdim=True).clamp_min(0) * edge for edge in (own, wanted))
    is_nearer = (colors - on_own).norm(dim=-1) < (colors - on_wanted).norm(dim=-1)
    nearer = torch.where(is_nearer.unsqueeze(-1), on_own, on_wanted)
    # For an obtuse range, at least one of the two projections is 0 for any colour outside it.
    on_edges = torch.where(is_acute.unsqueeze(-1), nearer, on_own + on_wanted)
    kept = is_inside * torch.where(is_acute, 1, (across.abs() / WIDE).clamp_max(1))
    inside = torch.where(is_acute.unsqueeze(-1), colors, _nearer_to_an_edge(colors, own, wanted))
    return torch.lerp(on_edges, inside, kept.unsqueeze(-1))


def _nearer_to_an_edge(colors: Tensor, own: Tensor, wanted: Tensor) -> Tensor:
    """Return colours inside an obtuse cone, moved towards the nearer edge as ``between`` describes."""
    across = _cross(own, wanted)
    parts = torch.stack([_cross(colors, wanted), _cross(own, colors)]) / across.where(across != 0, 1)
    parts = parts.clamp_min(0)
    power = (-2 * (own * wanted).sum(dim=-1)).clamp(0, 1)
    alpha, beta = (parts * (parts / parts.amax(dim=0).clamp_min(1e-9)) ** power).unsqueeze(-1)
    moved: Tensor = alpha * own + beta * wanted
    return moved


def _cross(first: Tensor, second: Tensor) -> Tensor:
    return first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0]
