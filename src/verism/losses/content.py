"""Content: how far the image's deep features are from the content photo's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast, final

import torch
from torch import Tensor, nn

from verism.errors import VerismError
from verism.losses.loss import Loss, Role
from verism.losses.positions import EVERYWHERE, Positions
from verism.losses.term import Normalization, Term, full_precision


class SquaredError(NamedTuple):
    """Squared differences, summed; adds up over disjoint regions.

    Attributes:
        total: the sum, a scalar in at least float32.
        elements: over how many it runs.
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
        """Choose the layer, for an error message, and the normalisation.

        Args:
            layer: its name.
            normalization: relative: the distance is over the mean square of the target.
        """
        super().__init__()
        self.layer = layer
        self.normalization = normalization

    def set_target(self, target: Tensor) -> None:
        """Take the target: the content photo's features, ``(1, d, h · w)``.

        Raises:
            VerismError: the normalisation is relative, and all of them are zero.
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
        """Return the distance, a scalar."""
        return error.total / error.elements / self.scale


@final
class ContentLoss(Loss):
    """``mean((F − Y)²)`` with F the image's features and Y the content photo's (Eq. 1)."""

    additive = True

    def __init__(
        self,
        weight: float = 1e3,
        layers: Mapping[str, float] = {"conv5_4": 1.0},
        normalization: Normalization = "paper",
    ) -> None:
        """Choose what to compare, and how much it counts.

        Args:
            weight: weight of the content loss in the total; 0 turns it off. The paper uses 1e3, and 1e6 where it swaps
                the weights of content and style.
            layers: layer name to its weight within this loss.
            normalization: paper: the mean of the squared differences. relative: that mean, divided by the mean
                square of the content photo's features; 1 is the value for an image without any features.
        """
        super().__init__(weight, layers, normalization)
        self.distances = nn.ModuleDict({name: FeatureDistance(name, normalization) for name in self.layers})

    def target_statistic(
        self, layer: str, role: Role, features: Tensor, here: Positions = EVERYWHERE
    ) -> Sequence[Tensor]:
        """Return the content photo's features, ``(1, d, h · w)`` of the whole of it; of the style photo's, nothing."""
        del layer
        return [here.put(full_precision(features).flatten(2))] if role == "content" else []

    def target(self, layer: str, content: Sequence[Tensor], style: Sequence[Tensor]) -> None:
        """Take the target at one of ``layers``: the content photo's features."""
        del style
        (target,) = content
        self._at(layer).set_target(target)

    def statistic(self, layer: str, features: Tensor, here: Positions = EVERYWHERE) -> SquaredError:
        """Reduce the image's features to sums over positions."""
        return squared_error(features.flatten(2), here.of(self._at(layer).target))

    def forward(self, totals: Mapping[str, SquaredError]) -> Term:
        """Turn the sums over the whole image into the content term."""
        values = {name: self._at(name)(error) for name, error in totals.items()}
        return Term(self.weight, self.layers, values)

    def _at(self, layer: str) -> FeatureDistance:
        return cast("FeatureDistance", self.distances[layer])
