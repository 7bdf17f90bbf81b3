"""Statistics of the colours of a photo, or of one of its regions, in Oklab."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from verism.color.spaces import chroma_of
from verism.color.tone_and_chroma import hue_directions

BANDWIDTH = 0.1
"""Standard deviation, in lightness, of the Gaussian window in which colours of similar lightness are averaged."""

FEW = 0.1
"""Share of the pixels below which the mean colour at one lightness counts less than the mean over all lightnesses."""

FEW_OF_HUE = 0.01
"""The same share for colours of one hue and lightness."""

HUE_POWER = 4
"""Power of the cosine of the angle between two hues that weights their closeness: a quarter at 45 degrees."""

TYPICAL = (2.5, 0.03)
"""Distance from the median colour at which the weight of a colour falls to a quarter: a multiple of the median
distance, and a lower bound, in Oklab."""

NEUTRAL_CHROMA = (0.015, 0.2)
"""Bounds, in Oklab, of the chroma up to which a colour counts as nearly neutral."""


class WeightedColors(NamedTuple):
    """Weighted colours in Oklab: those of a photo or one of its regions, without their positions.

    Attributes:
        colors: ``(3, n)``: lightness L in [0, 1], and a and b.
        weights: ``(n,)``, the weight of each colour, not negative and not all 0.
    """

    colors: Tensor
    weights: Tensor

    @property
    def mean(self) -> Tensor:
        """The mean of a and b, ``(2,)``."""
        return self.colors[1:] @ self.weights / self.weights.sum()

    def mean_at(self, lightnesses: Tensor) -> Tensor:
        """Return the mean of a and b around each of ``lightnesses`` ``(k,)``: ``(k, 2)``.

        Where few colours have that lightness, it approaches the mean over all lightnesses.
        """
        return self._mean_near(lightnesses, self.mean)

    def neutral_at(self, lightnesses: Tensor) -> Tensor:
        """Return the mean of a and b of the nearly neutral colours around each of ``lightnesses`` ``(k,)``: ``(k, 2)``.

        Where few of them have that lightness, it approaches the mean of all colours there, with at most the chroma of
        the nearly neutral ones: the dark corners of a courtyard in golden light may be violet, but its light is not.
        """
        neutral, mean = self.neutral, self.mean_at(lightnesses)
        likely = mean * (neutral.mean.norm() / mean.norm(dim=1, keepdim=True).clamp_min(1e-6)).clamp_max(1)
        return neutral._mean_near(lightnesses, likely)

    def chroma_at(self, lightnesses: Tensor) -> Tensor:
        """Return the mean chroma around each of ``HUES`` hues and each of ``lightnesses`` ``(k,)``: ``(HUES, k)``.

        Where few colours have that hue and lightness, it approaches the mean chroma of all colours.
        """
        chroma, near = chroma_of(self.colors), self._near(lightnesses)
        hues = hue_directions(self.colors) @ (self.colors[1:] / chroma.clamp_min(1e-6))
        near_hues = hues.clamp_min(0) ** HUE_POWER
        mean = chroma @ self.weights / self.weights.sum()
        return (near_hues @ (near * chroma).T + FEW_OF_HUE * mean) / (near_hues @ near.T + FEW_OF_HUE)

    @property
    def neutral(self) -> WeightedColors:
        """The same colours, weighted less the more chroma they have. About a quarter of the photo keeps its weight.

        ``w · exp(−(C / C₀)²)``, where C₀ is the chroma below which a quarter of the photo lies, within
        ``NEUTRAL_CHROMA``.
        """
        chroma = chroma_of(self.colors)
        quarter = float(quantiles(chroma, self.weights, torch.tensor([0.25])))
        low, high = NEUTRAL_CHROMA
        return self._replace(weights=self.weights * torch.exp(-((chroma / min(max(quarter, low), high)) ** 2)))

    @property
    def typical(self) -> WeightedColors:
        """The same colours, where those far from the median only count if they are entirely inside the region.

        The weight is ``w · (g + (1 − g) · p²)``. Here ``g = 1 / (1 + (d / s)²)²`` is the weight of a robust mean (Geman
        and McClure 1987, "Statistical Methods for Tomographic Image Reconstruction"), with d the distance of a and b
        from their medians and s as in ``TYPICAL``. p, at most 1, is w divided by the mean weight within the region,
        ``Σw² / Σw``. Red rock at the edge of a soft mask of a grey sky then hardly counts, but a grey trunk amid green
        leaves does.
        """
        some, half = self.every(4), torch.tensor([0.5])
        medians = torch.cat([quantiles(values, some.weights, half) for values in some.colors[1:]]).to(self.colors)
        distances = (self.colors[1:] - medians.unsqueeze(1)).norm(dim=0)
        factor, least = TYPICAL
        scale = max(factor * float(quantiles(distances[::4], some.weights, half)), least)
        near = 1 / (1 + (distances / scale).square()).square()
        inside = (self.weights * self.weights.sum() / self.weights.square().sum()).clamp_max(1)
        return self._replace(weights=self.weights * (near + (1 - near) * inside.square()))

    @property
    def spread(self) -> Tensor:
        """The root mean square distance of a and b from their mean, a scalar."""
        return self._distance_from(self.mean)

    @property
    def rms_chroma(self) -> Tensor:
        """The root mean square distance of a and b from the mean of the nearly neutral colours, a scalar."""
        return self._distance_from(self.neutral.mean)

    @property
    def most_chroma(self) -> Tensor:
        """The 99th percentile of chroma, a scalar in float64, on the CPU."""
        return quantiles(chroma_of(self.colors), self.weights, torch.tensor([0.99]))[0]

    @property
    def lightness_range(self) -> tuple[float, float]:
        """The percentiles 0.5 and 99.5 of lightness: the black and white points of the photo."""
        black, white = quantiles(self.colors[0], self.weights, torch.tensor([0.005, 0.995])).tolist()
        return black, white

    @property
    def highlights(self) -> tuple[float, Tensor]:
        """The 99th percentile of lightness, and the mean of a and b above it, ``(2,)``."""
        lightest = float(quantiles(self.colors[0], self.weights, torch.tensor([0.99])))
        return lightest, self._replace(weights=self.weights * (self.colors[0] >= lightest)).mean

    def share_from(self, lightness: float) -> float:
        """Return the share of the colours with at least the given lightness, in [0, 1]."""
        return float(self.weights @ (self.colors[0] >= lightness).to(self.weights) / self.weights.sum())

    def every(self, step: int) -> WeightedColors:
        """Return every ``step``-th colour."""
        return WeightedColors(self.colors[:, ::step], self.weights[::step])

    def _mean_near(self, lightnesses: Tensor, otherwise: Tensor) -> Tensor:
        """Return the mean of a and b around each of ``lightnesses``, or ``otherwise`` where there are few colours."""
        near = self._near(lightnesses)
        sums = near @ self.colors[1:].T + FEW * otherwise
        return sums / (near.sum(dim=1, keepdim=True) + FEW)

    def _near(self, lightnesses: Tensor) -> Tensor:
        """Return the normalised weight of each colour around each of ``lightnesses`` ``(k,)``: ``(k, n)``."""
        window = torch.exp(-((self.colors[0] - lightnesses.unsqueeze(1)) / BANDWIDTH).square() / 2)
        return window * (self.weights / self.weights.sum())

    def _distance_from(self, center: Tensor) -> Tensor:
        squares = (self.colors[1:] - center.unsqueeze(1)).square().sum(dim=0)
        return (squares @ self.weights / self.weights.sum()).sqrt()


def quantiles(values: Tensor, weights: Tensor, at: Tensor) -> Tensor:
    """Return weighted quantiles: for each share, the smallest value up to which that share of the weight lies.

    Args:
        values: ``(n,)``, on any device.
        weights: ``(n,)``, not negative and not all 0; on the same device.
        at: ``(q,)``, shares in [0, 1].

    Returns:
        ``(q,)``, float64, on the CPU.
    """
    ordered, order = values.sort()
    shares = weights.double()[order].cumsum(0)
    found = torch.searchsorted(shares / shares[-1], at.to(shares)).clamp_max(len(ordered) - 1)
    return ordered[found].double().cpu()
