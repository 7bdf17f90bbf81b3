"""The guided filter: one picture as a locally affine function of another's colours."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812


def local_affine(guide: Tensor, target: Tensor, radius: int, epsilon: float) -> Tensor:
    """Return the guided filter's coefficients: how, around every pixel, ``target`` follows from ``guide``.

    In every window, ``target ≈ a · guide + b`` with the least squared error plus ``ε |a|²`` (per pixel of the window);
    a pixel gets the mean of a and b over the windows that contain it. With the target as its own guide, this is an
    edge-aware smoothing: what varies by less than √ε is levelled, what varies by more stays. Time per pixel does not
    depend on the radius. Differentiable in both.

    Source: He et al., "Guided Image Filtering", 2013, Eq. 5, 6 and 8, and their form for a colour guide. Fitted small,
    and upsampled before ``apply_affine``, it is the filter of He and Sun, "Fast Guided Filter", 2015. All windows lie
    wholly inside, so that the borders are fitted to as many pixels as the middle.

    Args:
        guide: ``(1, C, H, W)``, C is 1 or 3, components of about [0, 1].
        target: ``(1, P, H, W)``, any P.
        radius: of the windows of (2r + 1)² pixels, in pixels.
        epsilon: how much slope costs, in the guide's units squared; positive.

    Returns:
        ``(1, P, C + 1, H, W)``, the slopes and, last, the offset; in the target's type, but at least float32.

    Raises:
        ValueError: no window fits into the guide.
    """
    size = 2 * radius + 1
    if size > min(guide.shape[-2:]):
        raise ValueError(f"a window of {size}×{size} pixels does not fit into a guide of {tuple(guide.shape[-2:])}")
    # The differences of cumulative sums, and of squares, that follow would leave little of a float32.
    colors, values = in_float64(guide), in_float64(target)
    mean, target_mean = _window_mean(colors, size), _window_mean(values, size)
    ridge = epsilon * torch.eye(guide.shape[1], dtype=colors.dtype, device=colors.device)[..., None, None]
    root = whitening(_window_mean(outer(colors, colors), size) - outer(mean, mean) + ridge).unsqueeze(1)
    covariance = _window_mean(outer(values, colors), size) - outer(target_mean, mean)
    white = (root * covariance.unsqueeze(2)).sum(dim=3)
    slopes = (root * white.unsqueeze(3)).sum(dim=2)
    offset = target_mean - (slopes * mean.unsqueeze(1)).sum(dim=2)
    coefficients = torch.cat([slopes, offset.unsqueeze(2)], dim=2)
    spread = _spread(coefficients, size) / _spread(torch.ones_like(mean[:, :1]), size)
    return spread.to(target.device, torch.promote_types(target.dtype, torch.float32))


def apply_affine(coefficients: Tensor, guide: Tensor) -> Tensor:
    """Return ``Σ_c coefficient_c · guide_c + offset``, pixel by pixel.

    Args:
        coefficients: ``(1, P, C + 1, H, W)``, as ``local_affine`` returns them.
        guide: ``(1, C, H, W)``.

    Returns:
        ``(1, P, H, W)``, not clipped.
    """
    result = coefficients[:, :, -1]
    for channel in range(guide.shape[1]):
        result = torch.addcmul(result, coefficients[:, :, channel], guide[:, channel : channel + 1])
    return result


def apply_upsampled(coefficients: Tensor, guide: Tensor) -> Tensor:
    """Return ``apply_affine`` of coefficients that were fitted at another size, scaled to the guide's bilinearly.

    One target channel at a time, because the coefficients of a large photo are many times the photo.
    """
    shape = guide.shape[-2:]
    result = guide.new_empty(1, coefficients.shape[1], *shape)
    for channel, target in enumerate(coefficients.unbind(dim=1)):
        upsampled = F.interpolate(target, shape, mode="bilinear", align_corners=False)
        result[:, channel] = apply_affine(upsampled.unsqueeze(1), guide)[:, 0]
    return result


def window_radius(share: float, shape: Sequence[int]) -> int:
    """Return the radius, in pixels, of windows that are a share of a photo's short side: at least 1, and they fit.

    Args:
        share: of the short side; 0.5 and more is all of it.
        shape: of the photo, (height, width).
    """
    short = min(shape)
    return max(1, min(round(share * short), (short - 1) // 2))


def in_float64(x: Tensor) -> Tensor:
    """Return ``x`` in float64, and on the CPU if its own device, Apple's, has none."""
    return x.to("cpu" if x.device.type == "mps" else x.device, torch.float64)


def outer(left: Tensor, right: Tensor) -> Tensor:
    """Return the products of channels, ``(1, P, H, W)`` and ``(1, C, H, W)`` to ``(1, P, C, H, W)``."""
    return left.unsqueeze(2) * right.unsqueeze(1)


def whitening(covariance: Tensor) -> Tensor:
    """Return K with ``Kᵀ K = S⁻¹``, lower triangular, for every S.

    Gram-Schmidt on the unit vectors, with S for the inner product. torch.linalg would call a library once a pixel.

    Args:
        covariance: ``(1, C, C, h, w)``, S, symmetric and positive.

    Returns:
        ``(1, C, C, h, w)``.
    """
    rows: list[Tensor] = []
    for channel in range(covariance.shape[1]):
        row = torch.zeros_like(covariance[:, 0])
        row[:, channel] = 1
        for other in rows:
            row = row - (other * covariance[:, channel]).sum(dim=1, keepdim=True) * other
        # Because the row is orthogonal to the others, its squared norm is its product with the unit vector alone.
        rows.append(row / (row * covariance[:, channel]).sum(dim=1, keepdim=True).sqrt())
    return torch.stack(rows, dim=1)


def _window_sum(x: Tensor, size: int) -> Tensor:
    """Sum ``(…, H, W)`` over all windows of ``size``² inside: differences of cumulative sums, so O(1) at any size."""
    for dim, front in ((-2, (0, 0, 1, 0)), (-1, (1, 0))):
        sums = F.pad(x, front).cumsum(dim)
        count = sums.shape[dim] - size
        x = sums.narrow(dim, size, count) - sums.narrow(dim, 0, count)
    return x


def _window_mean(x: Tensor, size: int) -> Tensor:
    return _window_sum(x, size) / size**2


def _spread(x: Tensor, size: int) -> Tensor:
    """Sum, at every pixel, over the windows that contain it: the transpose of ``_window_sum``."""
    return _window_sum(F.pad(x, (size - 1,) * 4), size)
