"""Sliced Wasserstein: how far the image's features would have to be moved to be distributed as the style photo's."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism.backbone import Features
from verism.errors import VerismError
from verism.losses.loss import Loss
from verism.losses.term import Normalization, Term, full_precision, unit
from verism.tiles import EVERYWHERE, Positions
from verism.vgg19 import INPUT


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


def quantiles(features: Tensor, directions: Tensor) -> Tensor:
    """Return what ``project`` does, ascending along the last dimension."""
    return project(features, directions).sort(dim=-1).values


def resample(sorted_values: Tensor, count: int) -> Tensor:
    """Interpolate ``(k, n)`` quantiles linearly to ``(k, count)``; the first and the last stay."""
    return F.interpolate(sorted_values.unsqueeze(0), size=count, mode="linear", align_corners=True).squeeze(0)


def random_directions(count: int, dimensions: int, generator: torch.Generator) -> Tensor:
    """Draw unit vectors ``(count, dimensions)``, uniformly on the sphere."""
    return F.normalize(torch.randn(count, dimensions, generator=generator, dtype=torch.float32))


def _sample(features: Tensor, count: int | None, generator: torch.Generator) -> Tensor | None:
    """Draw ``count`` positions of ``(1, d, h, w)``, without repetition; None for all there are."""
    positions = features.shape[-2] * features.shape[-1]
    if count is None or count >= positions:
        return None
    return torch.randperm(positions, generator=generator)[:count].to(features.device)


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
            seed: of the directions and positions.

        Raises:
            VerismError: there are less than 2 positions, or no direction.
        """
        super().__init__(weight, layers, normalization)
        if directions < 1 or (positions is not None and positions < 2):  # noqa: PLR2004
            raise VerismError("SlicedWassersteinLoss: needs at least 1 direction and 2 positions.")
        self.directions = directions
        self.positions = positions
        self.seed = seed

    def aim(self, content: Features, style: Features) -> None:
        """Take the targets from the photos' features at ``self.layers``; once, before the first step."""
        generator = torch.Generator().manual_seed(self.seed)
        for name in self.layers:
            drawn = random_directions(self.directions, style[name].shape[1], generator)
            directions = drawn.to(full_precision(style[name]))
            sample = _sample(content[name], self.positions, generator)
            start = quantiles(_at(content[name], sample), directions)
            target = resample(quantiles(style[name], directions), start.shape[-1])
            self.register_buffer(f"sample_{name}", sample, persistent=False)
            self.register_buffer(f"directions_{name}", directions, persistent=False)
            self.register_buffer(f"target_{name}", target, persistent=False)
            scale = unit(self.normalization, (start - target).square().mean(), name)
            self.register_buffer(f"scale_{name}", scale, persistent=False)

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
