"""Iterative distribution transfer: all of one photo's colours, moved until they are distributed as another's."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Array = NDArray[np.float64]


def distribution_transfer(content: Tensor, style: Tensor, iterations: int = 15, seed: int = 0) -> Tensor:
    """Return ``content`` with the colour distribution of ``style``.

    Along the three axes of a random rotation, each colour moves to where the style's one-dimensional distribution has
    the same quantile; then the same along the next rotation. Pitié, Kokaram and Dahyot 2007, "Automated colour grading
    using colour distribution transfer", Algorithm of Section 2. Without its second part, the regraining, which would
    smooth the grain that stretched colours show. Quantiles are exact here, and histograms of some hundred bins there.

    Args:
        content: ``(1, 3, H, W)``, RGB in [0, 1].
        style: ``(1, 3, H', W')``, in the same.
        iterations: rotations.
        seed: of the rotations.

    Returns:
        ``(1, 3, H, W)`` float32, not clipped; pixels of one colour keep one colour.
    """
    colors, shares, places = _palette(content)
    targets, target_shares, _ = _palette(style)
    generator = np.random.default_rng(seed)
    for _ in range(iterations):
        axes, _ = np.linalg.qr(generator.normal(size=(3, 3)))
        pairs = zip((colors @ axes).T, (targets @ axes).T, strict=True)
        colors = np.stack([_match(own, shares, target, target_shares) for own, target in pairs], axis=1) @ axes.T
    height, width = content.shape[-2:]
    return torch.from_numpy(colors[places].astype(np.float32)).T.reshape(1, 3, height, width)


def _palette(photo: Tensor) -> tuple[Array, Array, NDArray[np.intp]]:
    """Return a photo's different colours ``(N, 3)``, the share of its pixels that each has, and each pixel's colour."""
    pixels = photo.squeeze(0).flatten(1).T.double().numpy()
    # Moved pixel by pixel, equal colours would be told apart by their order, and a flat sky would become grain.
    colors, places, counts = np.unique(pixels, axis=0, return_inverse=True, return_counts=True)
    return colors, counts / len(pixels), places.reshape(-1)


def _match(values: Array, shares: Array, targets: Array, target_shares: Array) -> Array:
    """Return for each value the target of the same quantile, between targets interpolated."""
    matched = np.empty_like(values)
    order, target_order = values.argsort(), targets.argsort()
    quantiles, target_quantiles = (
        weights.cumsum() - weights / 2 for weights in (shares[order], target_shares[target_order])
    )
    matched[order] = np.interp(quantiles, target_quantiles, targets[target_order])
    return matched
