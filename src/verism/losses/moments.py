"""Moments: the distance of the mean and covariance of the image's features from the style photo's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from verism.backbone.architecture import INPUT
from verism.losses.gram import gram
from verism.losses.loss import Loss
from verism.losses.positions import EVERYWHERE, Positions
from verism.losses.term import Normalization, Term, full_precision, unit


class Moments(NamedTuple):
    """First and second moments of features, as sums over positions; they add up over disjoint parts of an image.

    Attributes:
        sums: ``(d,)``, sums of the features, in at least float32.
        products: ``(d, d)``, sums of their products with each other, in at least float32.
        positions: number of positions in the sums.
    """

    sums: Tensor
    products: Tensor
    positions: int

    @property
    def mean(self) -> Tensor:
        """The mean of every channel, ``(d,)``."""
        return self.sums / self.positions

    @property
    def covariance(self) -> Tensor:
        """The covariance of the channels, ``(d, d)``."""
        return self.products / self.positions - self.mean.outer(self.mean)


def moments(features: Tensor) -> Moments:
    """Return the first and second moments of ``features`` ``(1, d, h, w)``, as sums."""
    return Moments(full_precision(features).sum(dim=(0, 2, 3)), *gram(features))


def moments_distance(image: Moments, style: Moments) -> Tensor:
    """Return ``mean((μ_x − μ_s)²) + mean((Σ_x − Σ_s)²)``, over channels and over pairs of channels, a scalar.

    A Gram matrix divided by its number of positions is ``Σ + μμᵀ``, in which a change of the mean can cancel one of the
    covariance; here, it cannot.
    """
    return (image.mean - style.mean).square().mean() + (image.covariance - style.covariance).square().mean()


class MomentsDistance(nn.Module):
    """The distance of an image's moments to the style photo's at one layer, in one of the two normalisations."""

    sums: Tensor
    products: Tensor
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
        self.positions = 0

    def set_target(self, content: Moments, style: Moments) -> None:
        """Take the target from the style photo; for ``relative``, the unit from its distance to the content photo.

        Raises:
            NoDifferenceError: the normalisation is relative, and that distance is next to zero.
        """
        nothing = Moments(torch.zeros_like(style.sums), torch.zeros_like(style.products), 1)
        size = moments_distance(content, nothing) + moments_distance(style, nothing)
        scale = unit(self.normalization, moments_distance(content, style), size, self.layer)
        for name, value in (("sums", style.sums), ("products", style.products), ("scale", scale)):
            self.register_buffer(name, value, persistent=False)
        self.positions = style.positions

    def forward(self, image: Moments) -> Tensor:
        """Return the distance of the whole image, a scalar."""
        return moments_distance(image, Moments(self.sums, self.products, self.positions)) / self.scale


class MomentsLoss(Loss):
    """``Σ_l w_l · (mean((μ_x − μ_s)²) + mean((Σ_x − Σ_s)²))`` over the chosen layers; by default, of the colours.

    Source: Li et al., "Demystifying Neural Style Transfer", 2017, section 4.2, whose statistics are means and
    variances; here, covariances are compared as well.
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
        """Take the target at one of ``layers`` from the style photo's moments."""
        cast("MomentsDistance", self.distances[layer]).set_target(content, style)

    def statistic(self, layer: str, features: Tensor, here: Positions = EVERYWHERE) -> Moments:
        """Reduce the features to sums over positions, wherever these are."""
        del layer, here
        return moments(features)

    def forward(self, totals: Mapping[str, Moments]) -> Term:
        """Return the term from the sums over the whole image."""
        values = {name: self.distances[name](total) for name, total in totals.items()}
        return Term(self.weight, self.layers, values)
