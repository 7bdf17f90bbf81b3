"""Moments: the distance of the mean and covariance of the image's features from the style photo's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from verism.backbone.architecture import INPUT
from verism.color.guided_filter import in_float64
from verism.losses.gram import gram
from verism.losses.loss import Loss
from verism.losses.positions import EVERYWHERE, Positions
from verism.losses.term import Normalization, Term, full_precision, unit
from verism.role import Role

CHUNK = 2**16
"""Number of positions that are converted to float64 at a time."""


class Gaussian(NamedTuple):
    """The parameters of a normal distribution of features.

    Attributes:
        mean: the mean of every channel, ``(d,)``.
        covariance: the covariance of the channels, ``(d, d)``.
    """

    mean: Tensor
    covariance: Tensor


class Moments(NamedTuple):
    """First and second moments of features about an offset, as sums over positions that add up over disjoint parts.

    Attributes:
        sums: ``(d,)``, sums of the features minus the offset, in at least float32.
        products: ``(d, d)``, sums of the products of their pairs, in at least float32.
        positions: number of positions in the sums.
    """

    sums: Tensor
    products: Tensor
    positions: int

    @property
    def gaussian(self) -> Gaussian:
        """The mean minus the offset, and the covariance."""
        mean = self.sums / self.positions
        # For large means, rounding would leave little of the difference; that is what the offset is for.
        return Gaussian(mean, self.products / self.positions - mean.outer(mean))


def moments(features: Tensor, offset: Tensor | None = None) -> Moments:
    """Return the first and second moments of ``features`` ``(1, d, h, w)`` about ``offset`` ``(d,)``, or 0, as sums."""
    exact = full_precision(features)
    shifted = exact if offset is None else exact - offset.view(1, -1, 1, 1)
    return Moments(shifted.sum(dim=(0, 2, 3)), *gram(shifted))


def exact_moments(features: Tensor) -> Moments:
    """Return the moments of ``features`` ``(1, d, h, w)`` about 0, in float64. On the CPU instead of an Apple GPU."""
    step = max(1, CHUNK // features.shape[-1])
    parts = [moments(in_float64(part)) for part in features.split(step, dim=2)]
    return Moments(
        torch.stack([part.sums for part in parts]).sum(dim=0),
        torch.stack([part.products for part in parts]).sum(dim=0),
        sum(part.positions for part in parts),
    )


def moments_distance(image: Gaussian, style: Gaussian) -> Tensor:
    """Return ``mean((μ_x − μ_s)²) + mean((Σ_x − Σ_s)²)``, over channels and over pairs of channels, a scalar.

    A Gram matrix divided by its number of positions is ``Σ + μμᵀ``, where a change of the mean can cancel a change of
    the covariance. Here it cannot.
    """
    return (image.mean - style.mean).square().mean() + (image.covariance - style.covariance).square().mean()


class MomentsDistance(nn.Module):
    """The distance of an image's moments to the style photo's at one layer, in one of the two normalisations.

    The image's moments are computed about the content photo's mean. About 0, moments of features with a large mean and
    a small variance would be lost to rounding in float32.
    """

    offset: Tensor
    mean: Tensor
    covariance: Tensor
    scale: Tensor

    def __init__(self, layer: str, normalization: Normalization) -> None:
        """Choose the normalisation.

        Args:
            layer: name of the layer, for an error message.
            normalization: paper: the distance as it is. relative: divided by its value for the content photo.
        """
        super().__init__()
        self.layer = layer
        self.normalization = normalization

    def prepare(self, features: Tensor) -> None:
        """Set the device and type of the target to those of the features ``(1, d, h, w)``."""
        self.register_buffer("offset", full_precision(features.new_zeros(features.shape[1])), persistent=False)

    def set_target(self, content: Moments, style: Moments) -> None:
        """Set the target from the style photo and, if ``relative``, the unit from its distance to the content photo.

        Args:
            content: the content photo's moments about 0, in float64.
            style: the style photo's moments about 0, in float64.

        Raises:
            NoDifferenceError: if the normalisation is relative and that distance is nearly zero.
        """
        here, there = content.gaussian, style.gaussian
        nothing = Gaussian(torch.zeros_like(there.mean), torch.zeros_like(there.covariance))
        size = moments_distance(here, nothing) + moments_distance(there, nothing)
        scale = unit(self.normalization, moments_distance(here, there), size, self.layer)
        found = {"offset": here.mean, "mean": there.mean - here.mean, "covariance": there.covariance, "scale": scale}
        for name, value in found.items():
            self.register_buffer(name, value.to(self.offset), persistent=False)

    def forward(self, image: Moments) -> Tensor:
        """Return the distance of the whole image, a scalar, from its moments about ``offset``."""
        return moments_distance(image.gaussian, Gaussian(self.mean, self.covariance)) / self.scale


class MomentsLoss(Loss):
    """``Σ_l w_l · (mean((μ_x − μ_s)²) + mean((Σ_x − Σ_s)²))`` over the chosen layers; by default, of the colours.

    Source: Li et al., "Demystifying Neural Style Transfer", 2017, section 4.2, which compares means and standard
    deviations; here, the whole covariance is compared.
    """

    additive = True
    regional = True

    def __init__(
        self,
        weight: float = 1.0,
        layers: Mapping[str, float] = {INPUT: 1.0},
        normalization: Normalization = "relative",
    ) -> None:
        """Choose the layers and the weights.

        Args:
            weight: weight of the loss in the total; 0 turns it off.
            layers: layer name to its weight within this loss; input is the normalised RGB image.
            normalization: paper: the formula as it is. relative: divided by its value for the content photo, so that a
                layer's loss is 1 at the content photo.
        """
        super().__init__(weight, layers, normalization)
        self.distances = nn.ModuleDict({name: MomentsDistance(name, normalization) for name in self.layers})

    def target(self, layer: str, content: Moments, style: Moments) -> None:
        """Set the target at one of ``layers`` from the style photo's moments."""
        self._at(layer).set_target(content, style)

    def target_statistic(self, layer: str, role: Role, features: Tensor, here: Positions = EVERYWHERE) -> Moments:
        """Reduce a photo's features to sums about 0, in float64, since the content photo's mean is not yet known."""
        del role, here
        self._at(layer).prepare(features)
        return exact_moments(features)

    def statistic(self, layer: str, features: Tensor, here: Positions = EVERYWHERE) -> Moments:
        """Reduce the features to sums over positions about the content photo's mean."""
        del here
        return moments(features, self._at(layer).offset)

    def forward(self, totals: Mapping[str, Moments]) -> Term:
        """Return the term from the sums over the whole image."""
        values = {name: self.distances[name](total) for name, total in totals.items()}
        return Term(self.weight, self.layers, values)

    def _at(self, layer: str) -> MomentsDistance:
        return cast("MomentsDistance", self.distances[layer])
