"""Consistency: equal colours of the content photo should stay equal wherever they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

import torch
from torch import Tensor

from verism.backbone.architecture import INPUT
from verism.backbone.normalization import InputNormalization
from verism.color.bins import STEP, ColorBins, color_bins
from verism.errors import VerismError
from verism.losses.loss import Loss
from verism.losses.positions import EVERYWHERE, Positions
from verism.losses.term import Term, full_precision
from verism.role import Role

RIDGE = 1e-6
"""Variance, in squared RGB, added to that of the colours within bins, so that the fit is defined for photos with few
colours. It is smaller than the variance of rounding to 8 bits."""


def inconsistency(image: Tensor, photo: Tensor, bins: ColorBins) -> Tensor:
    """Return the mean square of the part of ``image`` that no single function of the photo's colours explains.

    ``mean_x ‖(r_x − r̄_b(x)) − A (c_x − c̄_b(x))‖²``, where r and c are the colours of image and photo, r̄ and c̄ their
    means over the bin b of similar colours that pixel x is in, and A is the best-fitting 3×3 matrix, common to all
    bins. It grows when one colour of the photo becomes several.

    Args:
        image: ``(1, 3, H, W)``, RGB.
        photo: ``(1, 3, H, W)``, RGB in [0, 1].
        bins: the photo's colours in bins.

    Returns:
        A scalar of at least float32, in squared RGB. It is 0 if the image is an affine function of the photo's colours
        or has one colour in each bin, and small for any other smooth function of the photo's colours.
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

    Style losses compare statistics of the whole photo, so one side of a sky may take on one colour of the style photo
    and the other side another, which viewers see as a fault. See ``inconsistency`` for the formula. It works with any
    canvas, at any size.
    """

    across = True

    photo: Tensor
    cell: Tensor
    counts: Tensor

    def __init__(self, weight: float = 100.0, step: float = STEP) -> None:
        """Choose the weight, and which colours count as equal.

        Args:
            weight: weight of the loss in the total; 0 turns it off. With more weight, equal colours stay more equal,
                and the result has less of the style.
            step: side of the bins of colours that count as equal, in Oklab, where 0.05 is about 5 ΔE; above 0.

        Raises:
            VerismError: ``step`` is not above 0, or ``weight`` is negative or not finite.
        """
        if not step > 0:
            raise VerismError(f"--model.consistency.step {step}: must be above 0.")
        super().__init__(weight, {INPUT: 1.0}, "paper")
        self.step = step
        self.normalize = InputNormalization()

    def target(self, layer: str, content: Tensor, style: Tensor) -> None:
        """Sort the content photo's colours into bins."""
        del layer, style
        photo: Tensor = self.normalize.inverse(full_precision(content))
        bins = color_bins(photo, self.step)
        for name, value in (("photo", photo), ("cell", bins.cell), ("counts", bins.counts)):
            self.register_buffer(name, value, persistent=False)

    def target_statistic(self, layer: str, role: Role, features: Tensor, here: Positions = EVERYWHERE) -> Tensor:
        """Return the colours of the whole photo."""
        del layer, role, here
        return features

    def statistic(self, layer: str, features: Tensor, here: Positions = EVERYWHERE) -> Tensor:
        """Return the inconsistency of the whole image, a scalar."""
        del layer, here
        image = self.normalize.inverse(full_precision(features))
        return inconsistency(image, self.photo, ColorBins(self.cell, self.counts))

    def forward(self, totals: Mapping[str, Tensor]) -> Term:
        """Return the term from the inconsistency."""
        return Term(self.weight, self.layers, totals)
