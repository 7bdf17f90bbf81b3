"""Drift: colours that vary from place to place beyond what the photo's own colours explain."""

from __future__ import annotations

import torch
from torch import Tensor

from verism.metrics.color_difference import in_cielab
from verism.metrics.common_size import SIDE, at_side, blurred
from verism.metrics.in_regions import large_regions, masks_at


def drift(image: Tensor, content: Tensor, masks: Tensor | None = None) -> Tensor:
    """Return how much the colours of a result vary from place to place beyond what the content photo's colours explain.

    ``sqrt(Σ_k Σ_x m_k ‖y - T_k(c)‖² / Σ_k Σ_x m_k)``. At position x, y is the result in CIELAB (D65), c the content
    photo in RGB, and m_k the weight of region k. y and c are blurred by a Gaussian with σ = ``SIDE`` / 60 pixels, so
    that detail does not count. ``T_k`` is the best smooth function of the content photo's colour in region k: a
    polynomial of degree two in r, g and b, whose ten coefficients for each of L, a and b are found by weighted least
    squares with a ridge of 1e-4 per position, ``(Σ_x m_k t tᵀ + 1e-4 Σ_x m_k I)⁻¹ Σ_x m_k t yᵀ`` with
    ``t = (1, r, g, b, r², g², b², rg, rb, gb)``.

    Args:
        image: the result.
        content: the content photo, of the result's shape.
        masks: the regions, ``(1, K, h, w)`` bool, or soft weights in [0, 1] that may overlap, with the content photo's
            aspect ratio, at any size. Pixels in none of them form one more region. Regions below ``SMALLEST_REGION``
            are left out. None treats the whole photo as one region.

    Returns:
        ΔE76, at least 0: the root mean square deviation from T. If half of a grey photo is tinted, it is half of the
        difference between the halves. Because CIELAB is not exactly a polynomial of RGB, it is above 0 even for edits
        that are the same everywhere: among 20 photographs, 0.3 to 2 for the unchanged photo, and up to 4 for strong
        curves and tints. A gradient from the top of a sky to its bottom, as at dusk, gives up to 6. Above 7, drift is
        plainly visible.
    """
    return Drift(content, masks)(image)


class Drift:
    """``drift`` for several results of one content photo. Whatever depends only on that photo is computed once."""

    def __init__(self, content: Tensor, masks: Tensor | None) -> None:
        """Compute the moments of the polynomial's terms in each region."""
        colors = blurred(at_side(content), SIDE / 60)
        shape = colors.shape[-2:]
        # The terms are nearly collinear. In float32, the normal equations would be accurate to only three digits.
        red, green, blue = colors.flatten(2).squeeze(0).double()
        products = (red * red, green * green, blue * blue, red * green, red * blue, green * blue)
        self._terms = torch.stack([torch.ones_like(red), red, green, blue, *products])
        self._masks = large_regions(None if masks is None else masks_at(masks, shape), red)
        self._moments = torch.stack([(mask * self._terms) @ self._terms.T for mask in self._masks])

    def __call__(self, image: Tensor) -> Tensor:
        """Return the drift of a result."""
        lab = blurred(in_cielab(at_side(image)), SIDE / 60).flatten(2).squeeze(0).double()
        sizes = self._masks.sum(dim=1)
        mixed = (self._masks.unsqueeze(1) * lab) @ self._terms.T
        ridge = 1e-4 * sizes.view(-1, 1, 1) * torch.eye(len(self._terms), dtype=torch.float64)
        weights = torch.linalg.solve(self._moments + ridge, mixed.mT).mT
        # Σ ‖y - w t‖² expanded, so that it only takes sums over positions, and no residual of the photo's size.
        squares = (self._masks @ lab.square().sum(dim=0)).sum()
        rest: Tensor = squares - (weights * (2 * mixed - weights @ self._moments)).sum()
        return (rest.clamp_min(0) / sizes.sum()).sqrt()
