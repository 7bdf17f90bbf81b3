"""Colour: the distance of the Gram matrix of the image's three colour channels from the style photo's."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from verism.backbone.architecture import INPUT
from verism.images import resize
from verism.losses.gram import Gram, GramDistance, gram, sum_distance
from verism.losses.loss import Loss
from verism.losses.positions import EVERYWHERE, Positions
from verism.losses.term import Normalization, Term
from verism.role import Role


class ColorLoss(Loss):
    """``mean((G_x − G_s)²)`` of the Gram matrices of the normalised RGB channels (section 6.1 of the paper).

    Both images are first resized to the shape of the image with fewer pixels, as in the paper. The paper's code
    detached the image at that point, so its colour loss had no gradient at any weight; this one has. As in the paper,
    and unlike the style loss, it is not divided by the number of elements.
    """

    # Resizing a region depends only on its number of pixels.
    regional = True

    def __init__(self, weight: float = 0.0, normalization: Normalization = "paper") -> None:
        """Choose how much colour counts.

        Args:
            weight: weight of the colour loss in the total; 0 turns it off. The paper's colour study uses 1e10.
            normalization: paper: mean((G_x − G_s)²), Grams summed over positions. relative: the same with Grams
                divided by their number of positions, divided by its value for the content photo, so that the loss is 1
                at the content photo.
        """
        super().__init__(weight, {INPUT: 1.0}, normalization)
        self.distance = GramDistance("the colours", normalization, sum_distance)
        self.shape = torch.Size()

    def target(self, layer: str, content: Tensor, style: Tensor) -> None:
        """Set the target from the colours of the photos, both ``(1, 3, H, W)``, at the size of the smaller photo."""
        del layer
        photos = (content, style)
        self.shape = min((photo.shape[-2:] for photo in photos), key=torch.Size.numel)
        self.distance.set_target(*(gram(resize(photo, self.shape)) for photo in photos))

    def target_statistic(self, layer: str, role: Role, features: Tensor, here: Positions = EVERYWHERE) -> Tensor:
        """Return the colours of the whole photo. The size to resize them to depends on the other photo."""
        del layer, role, here
        return features

    def statistic(self, layer: str, features: Tensor, here: Positions = EVERYWHERE) -> Gram:
        """Reduce the colours of the whole image to sums over positions."""
        del layer, here
        return gram(resize(features, self.shape))

    def forward(self, totals: Mapping[str, Gram]) -> Term:
        """Return the colour term from the Gram matrix of the whole image."""
        return Term(self.weight, self.layers, {name: self.distance(total) for name, total in totals.items()})
