"""Sliced Wasserstein: how far the image's features would have to be moved to be distributed as the style photo's."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from verism.backbone.architecture import INPUT
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


def generator_of(layer: str, seed: int) -> torch.Generator:
    """Return what a layer's directions and positions are drawn by, whatever other layers there are."""
    digest = hashlib.sha256(f"{seed} {layer}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8]))


class QuantileDistance(nn.Module):
    """``mean((q_x − q_s)²)`` at one layer, q the quantiles along its directions, in one of the two normalisations."""

    directions: Tensor
    sample: Tensor | None
    quantiles: Tensor
    scale: Tensor

    def __init__(
        self, layer: str, normalization: Normalization, directions: int, positions: int | None, seed: int
    ) -> None:
        """Choose what is drawn; see ``SlicedWassersteinLoss``."""
        super().__init__()
        self.layer = layer
        self.normalization = normalization
        self.counts = (directions, positions)
        self.seed = seed
        self._drawn = 0

    def draw(self, features: Tensor, here: Positions) -> None:
        """Draw directions and positions, unless they have been drawn for a photo of this size."""
        positions = math.prod(here.frame(features))
        if self._drawn == positions:
            return
        self._drawn = positions
        generator = generator_of(self.layer, self.seed)
        count, sampled = self.counts
        directions = random_directions(count, features.shape[1], generator).to(full_precision(features))
        sample = None
        if sampled is not None and sampled < positions:
            # Without repetition.
            sample = torch.randperm(positions, generator=generator)[:sampled].to(features.device)
        self.register_buffer("directions", directions, persistent=False)
        self.register_buffer("sample", sample, persistent=False)

    def project(self, features: Tensor, here: Positions) -> Tensor:
        """Return the image's or content photo's projections at the positions that were drawn; 0 for those elsewhere."""
        drawn, places = (here, None) if self.sample is None else here.among(self.sample)
        return drawn.put(project(_at(features, places), self.directions))

    def set_target(self, content: Tensor, style: Tensor) -> None:
        """Take the target from the style photo's projections; raise ``VerismError`` if relative to no distance."""
        start, quantiles = (projected.sort(dim=-1).values for projected in (content, style))
        target = resample(quantiles, start.shape[-1])
        scale = unit(self.normalization, (start - target).square().mean(), self.layer)
        self.register_buffer("quantiles", target, persistent=False)
        self.register_buffer("scale", scale, persistent=False)

    def forward(self, projected: Tensor) -> Tensor:
        """Return the distance, a scalar."""
        return (projected.sort(dim=-1).values - self.quantiles).square().mean() / self.scale


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
            weight: weight of the loss in the total; 0 turns it off.
            layers: layer name to its weight within this loss; input is the normalised RGB image.
            normalization: paper: the formula as it is. relative: over the content photo's value of it, so that each
                layer starts at 1 from the content photo.
            directions: how many lines the features are projected onto.
            positions: how many of a layer's positions in the image are looked at, always the same ones, drawn at
                random; null: all of them.
            seed: of the directions and positions; each layer has its own, by its name.

        Raises:
            VerismError: there are less than 2 positions, or no direction.
        """
        super().__init__(weight, layers, normalization)
        if directions < 1 or (positions is not None and positions < 2):  # noqa: PLR2004
            raise VerismError("SlicedWassersteinLoss: directions must be at least 1, and positions at least 2 or null.")
        self.seed = seed
        self.distances = nn.ModuleDict(
            {name: QuantileDistance(name, normalization, directions, positions, seed) for name in self.layers}
        )

    def target_statistic(self, layer: str, role: Role, features: Tensor, here: Positions = EVERYWHERE) -> Tensor:
        """Project a photo's features onto each direction: the content photo's at the positions that are drawn."""
        distance = self._at(layer)
        if role == "content":
            distance.draw(features, here)
            return distance.project(features, here)
        return here.put(project(features, distance.directions))

    def target(self, layer: str, content: Tensor, style: Tensor) -> None:
        """Take the target at one of ``layers``: the style photo's quantiles."""
        self._at(layer).set_target(content, style)

    def statistic(self, layer: str, features: Tensor, here: Positions = EVERYWHERE) -> Tensor:
        """Project the image's features onto each direction; 0 for those that are not in this part."""
        return self._at(layer).project(features, here)

    def forward(self, totals: Mapping[str, Tensor]) -> Term:
        """Sort the projections into quantiles, and turn them into the term."""
        values = {name: self._at(name)(total) for name, total in totals.items()}
        return Term(self.weight, self.layers, values)

    def _at(self, layer: str) -> QuantileDistance:
        return cast("QuantileDistance", self.distances[layer])
