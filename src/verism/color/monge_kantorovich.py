"""Closed-form colour transfer: a linear map that gives one photo's colours the mean and covariance of another's."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

ROUNDING = 0.25 / 255
"""Approximate standard deviation of rounding to 8 bits. It keeps the covariance of a grey photo invertible."""


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


def monge_kantorovich(
    content: Tensor, style: Tensor, noise: float | Tensor = ROUNDING, *, weights: tuple[Tensor, Tensor] | None = None
) -> ColorMap:
    """Return the affine map that gives ``content`` the mean and covariance of ``style`` with the least displacement.

    ``T = Σc^(-1/2) (Σc^(1/2) Σs Σc^(1/2))^(1/2) Σc^(-1/2)`` is the only linear map from one covariance to the other
    that is symmetric and positive definite. Pitié and Kokaram 2007, "The linear Monge-Kantorovitch linear colour
    mapping for example-based colour transfer", Eq. 9.

    Args:
        content: ``(1, 3, H, W)``, in any colour space with components of about [0, 1].
        style: ``(1, 3, H', W')``, in the same space.
        noise: standard deviation of the noise in both photos. Its variance is added to their covariances in every
            direction. Where the content photo varies less than this, the variation is noise, and is not amplified to
            that of the style photo. A tensor ``(3,)`` gives a value for each component.
        weights: weight of each pixel of content and style, ``(1, 1, H, W)`` and ``(1, 1, H', W')``, not negative and
            not all 0. None gives all pixels the same weight.

    Returns:
        The map, in float32 on the CPU.
    """
    of_content, of_style = weights or (torch.ones_like(photo[:, :1]) for photo in (content, style))
    mean_c, cov_c = _moments(content, of_content, noise)
    mean_s, cov_s = _moments(style, of_style, noise)
    root = _root(cov_c)
    inverse = torch.linalg.inv(root)
    matrix = inverse @ _root(root @ cov_s @ root) @ inverse
    return ColorMap(matrix.float(), (mean_s - matrix @ mean_c).float())


def _moments(photo: Tensor, weight: Tensor, noise: float | Tensor) -> tuple[Tensor, Tensor]:
    """Return the weighted mean ``(3,)`` and covariance ``(3, 3)`` of a photo's colours, with noise, in float64."""
    colors, weight = (tensor.detach().cpu().double().flatten(2).squeeze(0) for tensor in (photo, weight))
    share = weight.squeeze(0) / weight.sum()
    # On the device of the colours, because a Trainer may have changed the default device.
    unit = torch.eye(3, dtype=colors.dtype, device=colors.device)
    return colors @ share, colors.cov(correction=0, aweights=share) + noise**2 * unit


def _root(matrix: Tensor) -> Tensor:
    """Return the symmetric square root of a symmetric positive semidefinite matrix."""
    values, vectors = torch.linalg.eigh(matrix)
    root: Tensor = vectors * values.clamp_min(0).sqrt() @ vectors.T
    return root
