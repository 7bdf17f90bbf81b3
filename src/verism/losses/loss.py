"""What every loss can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from verism.backbone import Features, check_layers
from verism.losses.term import Normalization, Term
from verism.tiles import EVERYWHERE, Positions


class Loss(nn.Module, ABC):
    """A weighted sum over layers of a scalar function of statistics of the features.

    Attributes:
        weight: of the loss in the total.
        layers: layer name to its weight within the loss; empty if the loss is left out.
        normalization: ``paper`` or ``relative``; each loss says what it means for it.
    """

    def __init__(self, weight: float, layers: Mapping[str, float], normalization: Normalization) -> None:
        """Remember how much counts; raise ``VerismError`` if a layer is none of VGG-19's."""
        super().__init__()
        check_layers(layers)
        self.weight = weight
        self.layers = {name: value for name, value in layers.items() if value and weight}
        self.normalization = normalization

    @abstractmethod
    def aim(self, content: Features, style: Features) -> None:
        """Take the targets from the photos' features at ``self.layers``; once, before the first step."""

    @abstractmethod
    def statistic(self, layer: str, features: Tensor, here: Positions = EVERYWHERE) -> Any:
        """Reduce the image's features at one of ``layers`` to what the loss is a function of.

        Args:
            layer: its name.
            features: ``(1, d, h, w)``, of the image, or of a part of it; no part where ``layers`` is ``input`` alone.
            here: which positions of the whole image's feature map they are.

        Returns:
            Tensors and counts, in mappings and named tuples, that add up over the parts of an image.
        """

    def statistics(self, features: Features) -> dict[str, Any]:
        """Return the statistic at each of ``layers``, of features of the whole image."""
        return {layer: self.statistic(layer, features[layer]) for layer in self.layers}

    @abstractmethod
    def forward(self, totals: Mapping[str, Any]) -> Term:
        """Turn the statistics of the whole image, by layer, into the loss."""
