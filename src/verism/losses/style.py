"""Style: the distance of the image's Gram matrices from the style photo's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from torch import Tensor, nn

from verism.losses.gram import Gram, GramDistance, gram, sum_distance
from verism.losses.loss import Loss
from verism.losses.positions import EVERYWHERE, Positions
from verism.losses.term import Normalization, Term

DEFAULT_LAYERS: Mapping[str, float] = {
    "conv1_1": 1.5,
    "conv2_1": 0.8,
    "conv3_1": 0.25,
    "conv4_1": 0.25,
    "conv5_1": 0.25,
}
"""The paper's default weights. Its weights for deeper layers are 0.1, 0.3, 2, 7 and 10."""


def style_distance(image: Gram, style: Gram) -> Tensor:
    """Return ``mean((G_x − G_s)²) / (d · h · w)``, ``(d, h, w)`` the image's feature map, as in the paper's code."""
    elements = image.products.shape[0] * image.positions
    return sum_distance(image, style) / elements


class StyleLoss(Loss):
    """``Σ_l w_l · mean((G_x − G_s)²) / (d·h·w)`` over the Gram matrices of the chosen layers (Eq. 2).

    Source: Gatys et al., "Image Style Transfer Using Convolutional Neural Networks", 2016, Eq. 3 to 5; normalised as
    in the paper's code.
    """

    additive = True
    regional = True

    def __init__(
        self,
        weight: float = 1e6,
        layers: Mapping[str, float] = DEFAULT_LAYERS,
        normalization: Normalization = "paper",
    ) -> None:
        """Choose the layers and the weights.

        Args:
            weight: weight of the style loss in the total; 0 turns it off. The paper uses 1e6, and 1e3 where it swaps
                the weights of content and style.
            layers: layer name to its weight within this loss.
            normalization: paper: mean((G_x − G_s)²) / (d·h·w), Grams summed over positions. relative: mean((G_x/n_x −
                G_s/n_s)²), with n the number of positions, divided by its value for the content photo: a layer's
                loss is 1 at the content photo, whatever the scale of the features and the sizes of the photos.
        """
        super().__init__(weight, layers, normalization)
        self.distances = nn.ModuleDict(
            {name: GramDistance(name, normalization, style_distance) for name in self.layers}
        )

    def target(self, layer: str, content: Gram, style: Gram) -> None:
        """Set the target at one of ``layers`` from the style photo's Gram matrix."""
        cast("GramDistance", self.distances[layer]).set_target(content, style)

    def statistic(self, layer: str, features: Tensor, here: Positions = EVERYWHERE) -> Gram:
        """Reduce the features to sums over positions."""
        del layer, here
        return gram(features)

    def forward(self, totals: Mapping[str, Gram]) -> Term:
        """Return the style term from the Gram matrices of the whole image."""
        values = {name: self.distances[name](total) for name, total in totals.items()}
        return Term(self.weight, self.layers, values)
