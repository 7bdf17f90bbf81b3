"""What every loss can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from torch import nn

from verism.backbone import Features, check_layers
from verism.losses.term import Normalization, Term
from verism.tiles import Locate, everywhere


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
    def statistics(self, features: Features, locate: Locate = everywhere) -> Mapping[str, Any]:
        """Reduce the image's features to what the loss is a function of, layer by layer.

        Args:
            features: of the image, or of a part of it; no part where ``layers`` is ``input`` alone.
            locate: which positions of the whole image's feature maps those of a part are.

        Returns:
            Tensors and counts, in mappings and named tuples, that add up over the parts of an image.
        """

    @abstractmethod
    def forward(self, totals: Mapping[str, Any]) -> Term:
        """Turn the statistics of the whole image into the loss."""
