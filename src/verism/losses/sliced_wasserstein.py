"""Sliced Wasserstein: how far the image's features would have to be moved to be distributed as the style photo's."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism.backbone.architecture import INPUT, LAYERS
from verism.errors import VerismError
from verism.losses.loss import Loss, Role
from verism.losses.positions import EVERYWHERE, Positions
from verism.losses.term import Normalization, Term, full_precision, unit


def project(features: Tensor, directions: Tensor) -> Tensor:
    """Project features onto lines.

    Args:
        features: ``(1, d, h, w)``.
        directions: ``(k, d)``, unit vectors.

    Returns:
        ``(k, h · w)``, at least float32.
    """
    with torch.autocast(features.device.type, enabled=False):
        return directions @ full_precision(features).flatten(2).squeeze(0)


def resample(sorted_values: Tensor, count: int) -> Tensor:
    """Interpolate ``(k, n)`` quantiles linearly to ``(k, count)``; the first and the last stay."""
    return F.interpolate(sorted_values.unsqueeze(0), size=count, mode="linear", align_corners=True).squeeze(0)


def random_directions(count: int, dimensions: int, generator: torch.Generator) -> Tensor:
    """Draw unit vectors ``(count, dimensions)``, uniformly on the sphere."""
    return F.normalize(torch.randn(count, dimensions, generator=generator, dtype=torch.float32))


def _at(features: Tensor, sample: Tensor | None) -> Tensor:
    """Return ``(1, d, n, 1)``, the features ``(1, d, h, w)`` at the positions of a sample, or all if that is None."""
    return features if sample is None else features.flatten(2)[:, :, sample].unsqueeze(-1)


class SlicedWassersteinLoss(Loss):
    """``Σ_l w_l · mean((q_x − q_s)²)``, q the quantiles of the features along random directions.

    The squared sliced Wasserstein-2 distance, over a fixed, seeded set of directions. Where it is zero, the two
    distributions agree along each of them, not only in their second moments, as with Gram matrices.

    Time and memory grow with positions times directions, since they are sorted all at once. A sample of positions is
    enough where the canvas ties neighbours together, as a grid or a table does; of free pixels, those outside of the
    sample would not be moved.

    Source: Heitz et al., "A Sliced Wasserstein Loss for Neural Texture Synthesis", 2021, Eq. 4; there, directions are
    drawn anew at every step.
    """

    additive = True

    def __init__(
        self,
        weight: float = 1.0,
        layers: Mapping[str, float] = {INPUT: 1.0},
        normalization: Normalization = "relative",
        directions: int = 32,
        positions: int | None = None,
        seed: int = 0,
    ) -> None:
        """Choose what to compare, and how much it counts.

        Args:
            weight: weight of the loss in the total; 0 leaves it out.
            layers: layer name to its weight within this loss; input is the normalised RGB image.
            normalization: paper: the formula as it is. relative: over the content photo's value of it, so that each
                layer starts at 1 from the content photo.
            directions: how many lines the features are projected onto.
            positions: how many of a layer's positions in the image are looked at, always the same ones, drawn at
                random; null: all of them.
            seed: of the directions and positions, at each layer.

        Raises:
            VerismError: there are less than 2 positions, or no direction.
        """
        super().__init__(weight, layers, normalization)
        if directions < 1 or (positions is not None and positions < 2):  # noqa: PLR2004
            raise VerismError("SlicedWassersteinLoss: needs at least 1 direction and 2 positions.")
        self.directions = directions
        self.positions = positions
        self.seed = seed
        self._drawn: dict[str, int] = {}

    def target_statistic(self, layer: str, role: Role, features: Tensor, here: Positions = EVERYWHERE) -> Tensor:
        """Project a photo's features onto each direction: the content photo's at the positions that are drawn."""
        if role == "content":
            self._draw(layer, features, here)
            return self.statistic(layer, features, here)
        return here.put(project(features, self.get_buffer(f"directions_{layer}")))

    def target(self, layer: str, content: Tensor, style: Tensor) -> None:
        """Take the target at one of ``layers``: the style photo's quantiles."""
        start, quantiles = (projected.sort(dim=-1).values for projected in (content, style))
        target = resample(quantiles, start.shape[-1])
        self.register_buffer(f"target_{layer}", target, persistent=False)
        scale = unit(self.normalization, (start - target).square().mean(), layer)
        self.register_buffer(f"scale_{layer}", scale, persistent=False)

    def statistic(self, layer: str, features: Tensor, here: Positions = EVERYWHERE) -> Tensor:
        """Project the image's features onto each direction; 0 for those that are not in this part."""
        sample = getattr(self, f"sample_{layer}")
        drawn, places = (here, None) if sample is None else here.among(sample)
        return drawn.put(project(_at(features, places), self.get_buffer(f"directions_{layer}")))

    def forward(self, totals: Mapping[str, Tensor]) -> Term:
        """Sort the projections into quantiles, and turn them into the term."""
        values = {
            name: (total.sort(dim=-1).values - self.get_buffer(f"target_{name}")).square().mean()
            / self.get_buffer(f"scale_{name}")
            for name, total in totals.items()
        }
        return Term(self.weight, self.layers, values)

    def _draw(self, layer: str, features: Tensor, here: Positions) -> None:
        """Draw a layer's directions and positions, unless they have been drawn for a photo of this size."""
        positions = math.prod(here.frame(features))
        if self._drawn.get(layer) == positions:
            return
        self._drawn[layer] = positions
        generator = torch.Generator().manual_seed(self.seed * len(LAYERS) + LAYERS.index(layer))
        directions = random_directions(self.directions, features.shape[1], generator).to(full_precision(features))
        sample = None
        if self.positions is not None and self.positions < positions:
            # Without repetition.
            sample = torch.randperm(positions, generator=generator)[: self.positions].to(features.device)
        self.register_buffer(f"directions_{layer}", directions, persistent=False)
        self.register_buffer(f"sample_{layer}", sample, persistent=False)
