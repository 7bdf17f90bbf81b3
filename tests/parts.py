"""Parts that somebody else might write, for commands that name them: ``--model.losses.sharpness parts.Sharpness``."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from verism.losses import Loss, Term
from verism.losses.positions import EVERYWHERE, Positions


class Sharpness(Loss):
    """The standard deviation of features, whose value for the whole is not the sum of those for its parts."""

    def __init__(self, weight: float = 1.0, layers: Mapping[str, float] = {"conv1_1": 1.0, "conv3_1": 0.2}) -> None:
        super().__init__(weight, layers)
        # Somebody else's network may come unfrozen; this one changes nothing.
        self.network = nn.Sequential(nn.Identity(), nn.BatchNorm2d(1))

    def statistic(self, layer: str, features: Tensor, here: Positions = EVERYWHERE) -> Tensor:
        del layer, here
        return (features - features.mean()).square().mean().sqrt()

    def forward(self, totals: Mapping[str, Tensor]) -> Term:
        return Term(self.weight, self.layers, totals)
