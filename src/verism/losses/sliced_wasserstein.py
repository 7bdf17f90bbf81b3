"""Sliced Wasserstein: the distance between the distributions of the image's and the style photo's features."""

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
from verism.losses.loss import Loss
from verism.losses.positions import EVERYWHERE, Positions
from verism.losses.regional import select
from verism.losses.term import Normalization, Term, full_precision, unit
from verism.role import Role


def project(features: Tensor, directions: Tensor) -> Tensor:
    """Project features onto directions.

    Args:
        features: ``(1, d, h, w)``.
        directions: ``(k, d)``, unit vectors.

    Returns:
        ``(k, h · w)``, at least float32.
    """
    with torch.autocast(features.device.type, enabled=False):
        return directions @ full_precision(features).flatten(2).squeeze(0)


def resample(sorted_values: Tensor, count: int) -> Tensor:
    """Interpolate ``(k, n)`` sorted values linearly to ``(k, count)``, keeping the first and last values."""
    return F.interpolate(sorted_values.unsqueeze(0), size=count, mode="linear", align_corners=True).squeeze(0)


def random_directions(
    count: int, dimensions: int, generator: torch.Generator, dtype: torch.dtype = torch.float32
) -> Tensor:
    """Draw unit vectors ``(count, dimensions)`` uniformly from the sphere. Other ``dtype``s draw others."""
    return F.normalize(torch.randn(count, dimensions, generator=generator, dtype=dtype))


def generator_of(layer: str, seed: int) -> torch.Generator:
    """Return the random generator of a layer, which depends only on the layer's name and the seed."""
    digest = hashlib.sha256(f"{seed} {layer}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8]))


class QuantileDistance(nn.Module):
    """``mean((q_x − q_s)²)`` at one layer, q the quantiles along directions, in one of the two normalisations."""

    directions: Tensor
    sample: Tensor | None
    quantiles: Tensor
    scale: Tensor

    def __init__(
        self, layer: str, normalization: Normalization, directions: int, positions: int | None, seed: int
    ) -> None:
        """Choose the normalisation, and how many directions and positions to draw.

        Args:
            layer: name of the layer, for error messages and for the seed.
            normalization: paper: the distance as it is. relative: divided by its value for the content photo.
            directions: number of directions.
            positions: number of positions. None for all of them.
            seed: seed of the directions and positions.
        """
        super().__init__()
        self.layer = layer
        self.normalization = normalization
        self.counts = (directions, positions)
        self.seed = seed
        self._drawn = 0

    def draw(self, features: Tensor, here: Positions) -> None:
        """Draw the directions and positions for the content photo, unless they were already drawn for its size."""
        positions = math.prod(here.frame(features))
        if self._drawn == positions:
            return
        self._drawn = positions
        generator = generator_of(self.layer, self.seed)
        count, sampled = self.counts
        directions = random_directions(count, features.shape[1], generator).to(full_precision(features))
        sample = None
        if sampled is not None and sampled < positions:
            # A permutation, so that no position is drawn twice.
            sample = torch.randperm(positions, generator=generator)[:sampled].to(features.device)
        self.register_buffer("directions", directions, persistent=False)
        self.register_buffer("sample", sample, persistent=False)

    def project(self, features: Tensor, here: Positions) -> Tensor:
        """Return the projections at the drawn positions, ``(k, n)``, with 0 at positions that are not ``here``."""
        if self.sample is None:
            return here.put(project(features, self.directions))
        drawn, places = here.among(self.sample)
        return drawn.put(project(select(features, places), self.directions))

    def set_target(self, content: Tensor, style: Tensor) -> None:
        """Set the target from the style photo and, if ``relative``, the unit from its distance to the content photo.

        Args:
            content: the content photo's projections, ``(k, n)``.
            style: the style photo's projections, ``(k, m)``.

        Raises:
            NoDifferenceError: if the normalisation is relative and that distance is nearly zero.
        """
        start, quantiles = (projected.sort(dim=-1).values for projected in (content, style))
        target = resample(quantiles, start.shape[-1])
        distance, size = (start - target).square().mean(), start.square().mean() + target.square().mean()
        scale = unit(self.normalization, distance, size, self.layer)
        self.register_buffer("quantiles", target, persistent=False)
        self.register_buffer("scale", scale, persistent=False)

    def forward(self, projected: Tensor) -> Tensor:
        """Return the distance of the whole image, a scalar, from its projections ``(k, n)``."""
        return (projected.sort(dim=-1).values - self.quantiles).square().mean() / self.scale


class SlicedWassersteinLoss(Loss):
    """``Σ_l w_l · mean((q_x − q_s)²)``, q the quantiles of the features along random directions.

    This is the squared sliced Wasserstein-2 distance over a fixed set of directions. Where it is zero, the two
    distributions agree along each direction, not only in their second moments as with Gram matrices.

    Time and memory grow with the number of positions times the number of directions, because all projections are sorted
    at once. A sample of the positions is enough for a canvas that changes neighbouring pixels together, such as a grid
    or a table; with free pixels, those outside the sample would have no gradient.

    Source: Heitz et al., "A Sliced Wasserstein Loss for Neural Texture Synthesis", 2021, Eq. 4; there, other directions
    are drawn at every step.
    """

    additive = True
    regional = True

    def __init__(
        self,
        weight: float = 1.0,
        layers: Mapping[str, float] = {INPUT: 1.0},
        normalization: Normalization = "relative",
        directions: int = 32,
        positions: int | None = None,
        seed: int = 0,
    ) -> None:
        """Choose the layers, the weights, and how many directions and positions are drawn.

        Args:
            weight: weight of the loss in the total; 0 turns it off.
            layers: layer name to its weight within this loss; input is the normalised RGB image.
            normalization: paper: the formula as it is. relative: divided by its value for the content photo, so that a
                layer's loss is 1 at the content photo.
            directions: number of directions onto which the features are projected.
            positions: number of positions of each layer in the image that are compared, drawn at random once; null: all
                of them.
            seed: seed of the directions and positions, which differ from layer to layer.

        Raises:
            VerismError: ``positions`` is below 2, ``directions`` is below 1, or a weight is negative or not finite.
        """
        super().__init__(weight, layers, normalization)
        if directions < 1 or (positions is not None and positions < 2):  # noqa: PLR2004
            raise VerismError("SlicedWassersteinLoss: directions must be at least 1, and positions at least 2 or null.")
        self.seed = seed
        self.distances = nn.ModuleDict(
            {name: QuantileDistance(name, normalization, directions, positions, seed) for name in self.layers}
        )

    def target_statistic(self, layer: str, role: Role, features: Tensor, here: Positions = EVERYWHERE) -> Tensor:
        """Project a photo's features onto each direction; those of the content photo only at the drawn positions."""
        distance = self._at(layer)
        if role == "content":
            distance.draw(features, here)
            return distance.project(features, here)
        return here.put(project(features, distance.directions))

    def target(self, layer: str, content: Tensor, style: Tensor) -> None:
        """Set the target at one of ``layers``: the quantiles of the style photo's projections."""
        self._at(layer).set_target(content, style)

    def statistic(self, layer: str, features: Tensor, here: Positions = EVERYWHERE) -> Tensor:
        """Project the image's features onto each direction, with 0 at positions that are not ``here``."""
        return self._at(layer).project(features, here)

    def forward(self, totals: Mapping[str, Tensor]) -> Term:
        """Return the term from the projections of the whole image."""
        values = {name: self._at(name)(total) for name, total in totals.items()}
        return Term(self.weight, self.layers, values)

    def _at(self, layer: str) -> QuantileDistance:
        return cast("QuantileDistance", self.distances[layer])
