"""The closed-form colour transfer: a linear map that gives one photo's colours the mean and covariance of another's."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

# Of colours in [0, 1]: a quarter of the rounding of 8 bits, squared. It lets a grey photo have a covariance.
_VARIANCE_FLOOR = (0.25 / 255) ** 2


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


def monge_kantorovich(content: Tensor, style: Tensor) -> ColorMap:
    """Return the linear map that moves ``content``'s mean and covariance to ``style``'s with the least displacement.

    ``T = Σc^(-1/2) (Σc^(1/2) Σs Σc^(1/2))^(1/2) Σc^(-1/2)``: of all linear maps that do so, the symmetric, positive
    one, so that colours keep their order. Pitié and Kokaram 2007, "The linear Monge-Kantorovitch linear colour mapping
    for example-based colour transfer", Eq. 9.

    Args:
        content: ``(1, 3, H, W)``, in any colour space with components of about [0, 1].
        style: ``(1, 3, H', W')``, in the same.

    Returns:
        float32, on the CPU.
    """
    (mean_c, cov_c), (mean_s, cov_s) = (_moments(photo) for photo in (content, style))
    root = _root(cov_c)
    inverse = torch.linalg.inv(root)
    matrix = inverse @ _root(root @ cov_s @ root) @ inverse
    return ColorMap(matrix.float(), (mean_s - matrix @ mean_c).float())


def _moments(photo: Tensor) -> tuple[Tensor, Tensor]:
    colors = photo.detach().cpu().double().flatten(2).squeeze(0)
    return colors.mean(dim=1), colors.cov(correction=0) + _VARIANCE_FLOOR * torch.eye(3, dtype=torch.float64)


def _root(matrix: Tensor) -> Tensor:
    """Return the symmetric square root of a symmetric positive matrix."""
    values, vectors = torch.linalg.eigh(matrix)
    root: Tensor = vectors * values.clamp_min(0).sqrt() @ vectors.T
    return root
