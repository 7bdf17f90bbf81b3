"""Content: the distance of the image's deep features from the content photo's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast, final

import torch
from torch import Tensor, nn

from verism.errors import VerismError
from verism.losses.loss import Loss
from verism.losses.positions import EVERYWHERE, Positions
from verism.losses.term import Normalization, Term, full_precision
from verism.role import Role


class SquaredError(NamedTuple):
    """A sum of squared differences. Sums over disjoint parts of an image add up.

    Attributes:
        total: the sum, a scalar in at least float32.
        elements: the number of squares.
    """

    total: Tensor
    elements: int


def squared_error(features: Tensor, target: Tensor) -> SquaredError:
    """Return ``Σ (F − Y)²`` over two feature maps of the same shape."""
    difference = full_precision(features) - full_precision(target)
    return SquaredError(difference.square().sum(), difference.numel())


class FeatureDistance(nn.Module):
    """``mean((F − Y)²)`` at one layer, in one of the two normalisations."""

    target: Tensor
    scale: Tensor

    def __init__(self, layer: str, normalization: Normalization) -> None:
        """Choose the normalisation.

        Args:
            layer: name of the layer, for an error message.
            normalization: paper: the distance as it is. relative: divided by the mean square of the target.
        """
        super().__init__()
        self.layer = layer
        self.normalization = normalization

    def set_target(self, target: Tensor) -> None:
        """Set the target: the content photo's features, ``(1, d, h · w)``.

        Raises:
            VerismError: if the normalisation is relative and all features are zero.
        """
        scale = target.square().mean() if self.normalization == "relative" else torch.ones_like(target[0, 0, 0])
        if scale == 0:
            raise VerismError(
                f"--model.content.normalization relative: the content photo's features at {self.layer} are all zero, "
                "so nothing can be relative to them; choose another layer, or paper."
            )
        self.register_buffer("target", target, persistent=False)
        self.register_buffer("scale", scale, persistent=False)

    def forward(self, error: SquaredError) -> Tensor:
        """Return the distance of the whole image, a scalar."""
        return error.total / error.elements / self.scale


@final
class ContentLoss(Loss):
    """``Σ_l w_l · mean((F_l − Y_l)²)``, F the image's features and Y the content photo's (Eq. 1 of the paper).

    Source: Gatys et al., "Image Style Transfer Using Convolutional Neural Networks", 2016, Eq. 1, with the mean in
    place of half of the sum.
    """

    additive = True

    def __init__(
        self,
        weight: float = 1e3,
        layers: Mapping[str, float] = {"conv5_4": 1.0},
        normalization: Normalization = "paper",
    ) -> None:
        """Choose the layers and the weights.

        Args:
            weight: weight of the content loss in the total; 0 turns it off. The paper uses 1e3, and 1e6 where it swaps
                the weights of content and style.
            layers: layer name to its weight within this loss.
            normalization: paper: the mean of the squared differences. relative: that mean, divided by the mean
                square of the content photo's features; an image whose features are all 0 has the value 1.
        """
        super().__init__(weight, layers, normalization)
        self.distances = nn.ModuleDict({name: FeatureDistance(name, normalization) for name in self.layers})

    def target_statistic(
        self, layer: str, role: Role, features: Tensor, here: Positions = EVERYWHERE
    ) -> Sequence[Tensor]:
        """Return the content photo's features as one ``(1, d, h · w)``, with 0 at positions that are not ``here``.

        The style photo is not needed, so its sequence is empty.
        """
        del layer
        return [here.put(full_precision(features).flatten(2))] if role == "content" else []

    def target(self, layer: str, content: Sequence[Tensor], style: Sequence[Tensor]) -> None:
        """Set the target at one of ``layers``: the content photo's features."""
        del style
        (target,) = content
        self._at(layer).set_target(target)

    def statistic(self, layer: str, features: Tensor, here: Positions = EVERYWHERE) -> SquaredError:
        """Return the sum of the squared differences from the content photo's features at the same positions."""
        return squared_error(features.flatten(2), here.of(self._at(layer).target))

    def forward(self, totals: Mapping[str, SquaredError]) -> Term:
        """Return the content term from the sums over the whole image."""
        values = {name: self._at(name)(error) for name, error in totals.items()}
        return Term(self.weight, self.layers, values)

    def _at(self, layer: str) -> FeatureDistance:
        return cast("FeatureDistance", self.distances[layer])
