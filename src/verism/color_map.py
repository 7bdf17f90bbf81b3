"""The closed-form colour transfer: a linear map that gives one photo's colours the mean and covariance of another's."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

ROUNDING = 0.25 / 255
"""Standard deviation of the rounding to 8 bits, or so: it lets a grey photo have a covariance."""


class ColorMap(NamedTuple):
    """An affine map of colours, ``c ↦ matrix · c + offset``.

    Attributes:
        matrix: ``(3, 3)``.
        offset: ``(3,)``.
    """

    matrix: Tensor
    offset: Tensor

    def __call__(self, image: Tensor) -> Tensor:
        """Map the colours of ``(1, 3, H, W)``; the result is not clipped."""
        return torch.einsum("oi,bihw->bohw", self.matrix, image) + self.offset.view(3, 1, 1)


def identity() -> ColorMap:
    """Return the map that changes nothing."""
    return ColorMap(torch.eye(3), torch.zeros(3))


def monge_kantorovich(content: Tensor, style: Tensor, noise: float = ROUNDING) -> ColorMap:
    """Return the linear map that moves ``content``'s mean and covariance to ``style``'s with the least displacement.

    ``T = Σc^(-1/2) (Σc^(1/2) Σs Σc^(1/2))^(1/2) Σc^(-1/2)``: of all linear maps that do so, the symmetric, positive
    one, so that colours keep their order. Pitié and Kokaram 2007, "The linear Monge-Kantorovitch linear colour mapping
    for example-based colour transfer", Eq. 9.

    Args:
        content: ``(1, 3, H, W)``, in any colour space with components of about [0, 1].
        style: ``(1, 3, H', W')``, in the same.
        noise: standard deviation that is added to either photo's colours in every direction: where the content varies
            by no more, it is noise, which should not be amplified until it varies like the style.

    Returns:
        float32, on the CPU.
    """
    (mean_c, cov_c), (mean_s, cov_s) = (_moments(photo, noise) for photo in (content, style))
    root = _root(cov_c)
    inverse = torch.linalg.inv(root)
    matrix = inverse @ _root(root @ cov_s @ root) @ inverse
    return ColorMap(matrix.float(), (mean_s - matrix @ mean_c).float())


def _moments(photo: Tensor, noise: float) -> tuple[Tensor, Tensor]:
    colors = photo.detach().cpu().double().flatten(2).squeeze(0)
    return colors.mean(dim=1), colors.cov(correction=0) + noise**2 * torch.eye(3, dtype=torch.float64)


def _root(matrix: Tensor) -> Tensor:
    """Return the symmetric square root of a symmetric positive matrix."""
    values, vectors = torch.linalg.eigh(matrix)
    root: Tensor = vectors * values.clamp_min(0).sqrt() @ vectors.T
    return root
