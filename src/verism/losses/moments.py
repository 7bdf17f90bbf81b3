"""Moments: how far the mean and the covariance of the image's features are from the style photo's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, cast

from torch import Tensor, nn

from verism.backbone.architecture import INPUT
from verism.losses.gram import gram
from verism.losses.loss import Loss
from verism.losses.positions import EVERYWHERE, Positions
from verism.losses.term import Normalization, Term, full_precision, unit


class Moments(NamedTuple):
    """Sums over positions; adds up over disjoint regions.

    Attributes:
        sums: of the features, ``(d,)``, at least float32.
        products: of the features with each other, ``(d, d)``, likewise.
        positions: over how many positions the sums run.
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
    """``mean((μ_x − μ_s)²) + mean((Σ_x − Σ_s)²)`` over channels, and over pairs of channels.

    A Gram matrix over its positions is ``Σ + μμᵀ``: it lets a change of the mean pay for one of the covariance, which
    this does not.
    """
    return (image.mean - style.mean).square().mean() + (image.covariance - style.covariance).square().mean()


class MomentsDistance(nn.Module):
    """The distance of an image's moments to the style photo's at one layer, in one of the two normalisations."""

    sums: Tensor
    products: Tensor
    scale: Tensor

    def __init__(self, layer: str, normalization: Normalization) -> None:
        """Choose the layer, for an error message, and the normalisation.

        Args:
            layer: its name.
            normalization: relative: the distance is over the content photo's.
        """
        super().__init__()
        self.layer = layer
        self.normalization = normalization
        self.positions = 0

    def set_target(self, content: Moments, style: Moments) -> None:
        """Take the target from the style photo; raise ``VerismError`` if it is relative to no distance at all."""
        scale = unit(self.normalization, moments_distance(content, style), self.layer)
        for name, value in (("sums", style.sums), ("products", style.products), ("scale", scale)):
            self.register_buffer(name, value, persistent=False)
        self.positions = style.positions

    def forward(self, image: Moments) -> Tensor:
        """Return the distance, a scalar."""
        return moments_distance(image, Moments(self.sums, self.products, self.positions)) / self.scale


class MomentsLoss(Loss):
    """``Σ_l w_l · (mean((μ_x − μ_s)²) + mean((Σ_x − Σ_s)²))`` over the chosen layers; by default, of the colours.

    Means and variances are the statistics of Li et al., "Demystifying Neural Style Transfer", 2017, section 4.2; with
    the covariances, the image's are the style's if and only if one linear colour map takes one to the other.
    """

    additive = True

    def __init__(
        self,
        weight: float = 1.0,
        layers: Mapping[str, float] = {INPUT: 1.0},
        normalization: Normalization = "relative",
    ) -> None:
        """Choose what to compare, and how much it counts.

        Args:
            weight: weight of the loss in the total; 0 turns it off.
            layers: layer name to its weight within this loss; input is the normalised RGB image.
            normalization: paper: the formula as it is. relative: over the content photo's value of it, so that each
                layer starts at 1 from the content photo.
        """
        super().__init__(weight, layers, normalization)
        self.distances = nn.ModuleDict({name: MomentsDistance(name, normalization) for name in self.layers})

    def target(self, layer: str, content: Moments, style: Moments) -> None:
        """Take the target at one of ``layers`` from the style photo's moments."""
        cast("MomentsDistance", self.distances[layer]).set_target(content, style)

    def statistic(self, layer: str, features: Tensor, here: Positions = EVERYWHERE) -> Moments:
        """Reduce the image's features to sums over positions, wherever these are."""
        del layer, here
        return moments(features)

    def forward(self, totals: Mapping[str, Moments]) -> Term:
        """Turn the sums over the whole image into the term."""
        values = {name: self.distances[name](total) for name, total in totals.items()}
        return Term(self.weight, self.layers, values)
