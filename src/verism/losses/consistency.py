"""Consistency: a colour of the content photo is treated alike, wherever it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

import torch
from torch import Tensor

from verism.backbone.architecture import INPUT
from verism.backbone.normalization import Normalization
from verism.color.bins import STEP, ColorBins, color_bins
from verism.errors import VerismError
from verism.losses.loss import Loss, Role
from verism.losses.positions import EVERYWHERE, Positions
from verism.losses.term import Term, full_precision

RIDGE = 1e-6
"""Added to the variances of colours within bins, in squared RGB: less than rounding to 8 bits makes."""


def inconsistency(image: Tensor, photo: Tensor, bins: ColorBins) -> Tensor:
    """Return what of ``image`` no single function of the photo's colour explains.

    ``mean_x ‖(r_x − r̄_b(x)) − A (c_x − c̄_b(x))‖²`` with r and c the colours of image and photo, r̄ and c̄ their means
    over the bin b of similar colours that a pixel is in, and A the 3×3 slope that fits best, common to all bins. It is
    zero for an image in which every bin has one colour, or one slope of colours, and grows when one colour of the photo
    has become two.

    Args:
        image: ``(1, 3, H, W)``, RGB.
        photo: of the same shape.
        bins: of the photo.

    Returns:
        A scalar of at least float32, in squared RGB: 0 for any image that is a smooth function of the photo's colours,
        but for what a bin's width leaves of it.
    """
    with torch.autocast(image.device.type, enabled=False):
        result, colors = (bins.within(full_precision(x).flatten(2).squeeze(0).T) for x in (image, photo))
        ridge = RIDGE * len(colors) * torch.eye(3, dtype=colors.dtype, device=colors.device)
        slope = torch.linalg.solve(colors.T @ colors + ridge, colors.T @ result)
        rest: Tensor = result - colors @ slope
        return rest.square().sum(dim=1).mean()


@final
class ConsistencyLoss(Loss):
    """The mean squared difference, in RGB, of the image from the best function of the content photo's colours.

    Statistics of a whole photo do not mind if the left of a sky takes on one colour of the style and the right another:
    the totals agree. A person does. The loss is ``inconsistency``; it works with any canvas, and at any size.
    """

    photo: Tensor
    cell: Tensor
    counts: Tensor

    def __init__(self, weight: float = 100.0, step: float = STEP) -> None:
        """Choose how much it counts.

        Args:
            weight: weight of the loss in the total; 0 turns it off. With more weight, a colour is changed more alike
                everywhere, and the result has less of the style.
            step: colours that differ by less than this, in Oklab, where 0.05 is about 5 ΔE, count as one; above 0.

        Raises:
            VerismError: ``step`` is not above 0.
        """
        if not step > 0:
            raise VerismError(f"--model.consistency.step {step}: must be above 0.")
        super().__init__(weight, {INPUT: 1.0}, "paper")
        self.step = step
        self.normalize = Normalization()

    def target(self, layer: str, content: Tensor, style: Tensor) -> None:
        """Sort the content photo's colours into bins."""
        del layer, style
        photo: Tensor = self.normalize.inverse(full_precision(content))
        bins = color_bins(photo, self.step)
        for name, value in (("photo", photo), ("cell", bins.cell), ("counts", bins.counts)):
            self.register_buffer(name, value, persistent=False)

    def target_statistic(self, layer: str, role: Role, features: Tensor, here: Positions = EVERYWHERE) -> Tensor:
        """Return the whole photo's colours."""
        del layer, role, here
        return features

    def statistic(self, layer: str, features: Tensor, here: Positions = EVERYWHERE) -> Tensor:
        """Return how inconsistent the whole image is."""
        del layer, here
        image = self.normalize.inverse(full_precision(features))
        return inconsistency(image, self.photo, ColorBins(self.cell, self.counts))

    def forward(self, totals: Mapping[str, Tensor]) -> Term:
        """Turn it into the term."""
        return Term(self.weight, self.layers, totals)
