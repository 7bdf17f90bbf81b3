"""The guided filter: an image as a locally affine function of another image's colours."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812


def local_affine(guide: Tensor, target: Tensor, radius: int, epsilon: float) -> Tensor:
    """Return the guided filter's coefficients: an affine function of ``guide`` that fits ``target`` around each pixel.

    In every window, ``target ≈ a · guide + b`` with the least squared error plus ``ε |a|²`` (per pixel of the window);
    a pixel gets the mean of a and b over the windows that contain it. With the target as its own guide, the filter is
    an edge-preserving smoothing: variation below √ε is levelled, and greater variation is kept. The time per pixel does
    not depend on the radius. Differentiable in guide and target.

    Source: He et al., "Guided Image Filtering", 2013, Eq. 5, 6 and 8, and their form for a colour guide. Fitted at a
    small size and upsampled before ``apply_affine``, it is the filter of He and Sun, "Fast Guided Filter", 2015. All
    windows lie inside the image, so the functions at the borders are fitted to as many pixels as all others.

    Args:
        guide: ``(1, C, H, W)``, C is 1 or 3, components of about [0, 1].
        target: ``(1, P, H, W)``, any P.
        radius: radius r, in pixels, of the windows of (2r + 1)² pixels.
        epsilon: ε, the penalty for the slopes, in the guide's units squared; positive.

    Returns:
        ``(1, P, C + 1, H, W)``, the slopes followed by the offset, in the target's type but at least float32.

    Raises:
        ValueError: if no window fits into the guide.
    """
    size = 2 * radius + 1
    if size > min(guide.shape[-2:]):
        raise ValueError(f"a window of {size}×{size} pixels does not fit into a guide of {tuple(guide.shape[-2:])}")
    # In float32, differences of cumulative sums and of mean squares would lose almost all digits.
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
    """Apply coefficients that were fitted at another size, upsampled bilinearly to the guide's size.

    Works on one target channel at a time, because the coefficients of a large photo take many times its memory.

    Args:
        coefficients: ``(1, P, C + 1, h, w)``, as ``local_affine`` returns them.
        guide: ``(1, C, H, W)``.

    Returns:
        ``(1, P, H, W)``, not clipped.
    """
    shape = guide.shape[-2:]
    result = guide.new_empty(1, coefficients.shape[1], *shape)
    for channel, target in enumerate(coefficients.unbind(dim=1)):
        upsampled = F.interpolate(target, shape, mode="bilinear", align_corners=False)
        result[:, channel] = apply_affine(upsampled.unsqueeze(1), guide)[:, 0]
    return result


def window_radius(share: float, shape: Sequence[int]) -> int:
    """Return a radius in pixels for a share of a photo's short side: at least 1, and small enough to fit.

    Args:
        share: radius as a share of the short side. From 0.5, a window spans the whole short side.
        shape: (height, width) of the photo.
    """
    short = min(shape)
    return max(1, min(round(share * short), (short - 1) // 2))


def in_float64(x: Tensor) -> Tensor:
    """Return ``x`` in float64. Tensors on an Apple GPU, which lacks that type, are moved to the CPU."""
    return x.to("cpu" if x.device.type == "mps" else x.device, torch.float64)


def outer(left: Tensor, right: Tensor) -> Tensor:
    """Multiply all pairs of channels of ``(1, P, H, W)`` and ``(1, C, H, W)``, giving ``(1, P, C, H, W)``."""
    return left.unsqueeze(2) * right.unsqueeze(1)


def whitening(covariance: Tensor) -> Tensor:
    """Return the lower triangular K with ``Kᵀ K = S⁻¹`` for the matrix S at each pixel.

    Uses Gram-Schmidt orthogonalisation of the unit vectors with S as the inner product, for all pixels at once;
    torch.linalg would call a library function for each pixel.

    Args:
        covariance: S, ``(1, C, C, h, w)``, symmetric and positive definite.

    Returns:
        K, ``(1, C, C, h, w)``.
    """
    rows: list[Tensor] = []
    for channel in range(covariance.shape[1]):
        row = torch.zeros_like(covariance[:, 0])
        row[:, channel] = 1
        for other in rows:
            row = row - (other * covariance[:, channel]).sum(dim=1, keepdim=True) * other
        # The row is orthogonal to the others, so its squared norm is its inner product with the unit vector.
        rows.append(row / (row * covariance[:, channel]).sum(dim=1, keepdim=True).sqrt())
    return torch.stack(rows, dim=1)


def _window_sum(x: Tensor, size: int) -> Tensor:
    """Sum ``(…, H, W)`` over all windows of ``size``² that fit inside, in O(1) per pixel, by cumulative sums."""
    for dim, front in ((-2, (0, 0, 1, 0)), (-1, (1, 0))):
        sums = F.pad(x, front).cumsum(dim)
        count = sums.shape[dim] - size
        x = sums.narrow(dim, size, count) - sums.narrow(dim, 0, count)
    return x


def _window_mean(x: Tensor, size: int) -> Tensor:
    return _window_sum(x, size) / size**2


def _spread(x: Tensor, size: int) -> Tensor:
    """Sum at each pixel over the windows that contain it: the transpose of ``_window_sum``."""
    return _window_sum(F.pad(x, (size - 1,) * 4), size)
