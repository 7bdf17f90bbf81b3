"""The form of a manual colour grade: a tone curve, a saturation, a tint for each tone, and shifts of single hues."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism.color.spaces import chroma_of

KNOTS = 17
"""Number of lightness knots of a map's curves, spaced evenly from black to white."""

HUES = 12
"""Number of hue knots of a map's shifts by hue, spaced evenly around the circle."""

COLORFUL = 0.05
"""Chroma, in Oklab, at which a colour takes on 63 percent (1 − 1/e) of the shift of its hue."""


class ToneAndChroma(NamedTuple):
    """R maps of Oklab colours: ``c' = matrix · c + tones(L) + g(C) · hues(h, L)``, with L, C and h those of c.

    The first component of ``tones`` is a tone curve; the other two are a tint that depends on the tone (split toning).
    The diagonal of ``matrix`` holds the saturation. ``hues`` shifts a and b by hue, in proportion to
    ``g(C) = 1 − exp(−C / COLORFUL)``, so that green leaves can turn orange while the trunk between them stays grey.
    Tones and hues are interpolated linearly between their knots. A map is linear in its three parts, so the mean of two
    maps is the map of the mean parts.

    Attributes:
        matrix: ``(R, 3, 3)``.
        tones: ``(R, KNOTS, 3)``, at lightnesses evenly from 0 to 1.
        hues: ``(R, HUES, KNOTS, 2)``, at hue angles evenly from 0 to 2π, and at the same lightnesses.
    """

    matrix: Tensor
    tones: Tensor
    hues: Tensor

    def __call__(self, colors: Tensor) -> Tensor:
        """Apply each of the maps to Oklab colours ``(3, …)``, giving ``(R, 3, …)``."""
        points = colors.flatten(1)
        tones, hues = self._shifts(points)
        result = torch.einsum("roi,in->ron", self.matrix, points)
        result += tones.permute(1, 2, 0)
        result[:, 1:] += hues.permute(1, 2, 0)
        return result.view(-1, *colors.shape)

    def mixed(self, colors: Tensor, shares: Tensor) -> Tensor:
        """Apply a weighted mean of the maps to Oklab colours, with a weight per pixel.

        Args:
            colors: ``(3, …)``.
            shares: ``(R, …)``, the weight of each map.

        Returns:
            ``(3, …)``.
        """
        points, weights = colors.flatten(1), shares.flatten(1)
        tones, hues = (torch.einsum("nrc,rn->cn", values, weights) for values in self._shifts(points))
        matrices = torch.einsum("roi,rn->oin", self.matrix, weights)
        result = tones + torch.einsum("oin,in->on", matrices, points)
        result[1:] += hues
        return result.view_as(colors)

    def _shifts(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``tones(L)`` ``(n, R, 3)`` and ``g(C) · hues(h, L)`` ``(n, R, 2)`` of colours ``(3, n)``."""
        tone, to_next_tone = _knot_before(points[0].clamp(0, 1) * (KNOTS - 1), KNOTS - 2)
        hue, to_next_hue = _knot_before(torch.atan2(points[2], points[1]) / (2 * math.pi) % 1 * HUES, HUES - 1)
        weight = hue_weight(chroma_of(points))
        both_hues = [(hue + following) % HUES * KNOTS + tone for following in (0, 1)]
        both_weights = [weight * (1 - to_next_hue), weight * to_next_hue]
        tones, hues = self.tones.transpose(0, 1), self.hues.permute(1, 2, 0, 3).flatten(0, 1)
        return (
            _interpolated(tones, [tone], [torch.ones_like(weight)], to_next_tone),
            _interpolated(hues, both_hues, both_weights, to_next_tone),
        )

    def towards(self, other: ToneAndChroma, share: float) -> ToneAndChroma:
        """Interpolate between this map, at share 0, and another, at share 1."""
        return ToneAndChroma(*(torch.lerp(a, b, share) for a, b in zip(self, other, strict=True)))


def identity() -> ToneAndChroma:
    """Return the identity map, in one row."""
    return ToneAndChroma(torch.eye(3).unsqueeze(0), torch.zeros(1, KNOTS, 3), torch.zeros(1, HUES, KNOTS, 2))


def stacked(maps: Sequence[ToneAndChroma]) -> ToneAndChroma:
    """Concatenate the rows of several maps."""
    return ToneAndChroma(*(torch.cat(parts) for parts in zip(*maps, strict=True)))


def hue_weight(chroma: Tensor) -> Tensor:
    """Return ``g(C) = 1 − exp(−C / COLORFUL)``, the share of its hue's shift that a colour takes on: 0 for a grey."""
    return 1 - torch.exp(-chroma / COLORFUL)


def hue_directions(like: Tensor) -> Tensor:
    """Return the unit vectors of the ``HUES`` hues in the plane of a and b, ``(HUES, 2)``, in the type of ``like``."""
    angles = torch.arange(HUES).to(like) * (2 * math.pi / HUES)
    return torch.stack([angles.cos(), angles.sin()], dim=1)


def _knot_before(positions: Tensor, last: int) -> tuple[Tensor, Tensor]:
    """Return the knot before each position ``(n,)``, at most ``last``, and the fraction of the way to the next knot."""
    before = positions.floor().long().clamp(0, last)
    return before, positions - before


def _interpolated(table: Tensor, knots: list[Tensor], weights: list[Tensor], to_next: Tensor) -> Tensor:
    """Return a weighted sum of values interpolated linearly between consecutive rows of a table.

    Args:
        table: ``(rows, R, c)``.
        knots: rows to look up, ``(n,)`` each.
        weights: the weight of each of them, ``(n,)`` each.
        to_next: ``(n,)`` in [0, 1], the fraction of the way from each row to the next.

    Returns:
        ``(n, R, c)``.
    """
    rows = torch.stack([row for knot in knots for row in (knot, knot + 1)], dim=1)
    of_rows = torch.stack([part for weight in weights for part in (weight * (1 - to_next), weight * to_next)], dim=1)
    # embedding_bag reads whole rows in memory order, several times as fast as indexing single numbers.
    found = F.embedding_bag(rows, table.flatten(1), per_sample_weights=of_rows.to(table), mode="sum")
    return found.view(-1, *table.shape[1:])
