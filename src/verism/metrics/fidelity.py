"""How much of the content photo is preserved: its structure, edges and pixels."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812
from torchmetrics.functional.image import peak_signal_noise_ratio, structural_similarity_index_measure

from verism.images import luma
from verism.losses.term import full_precision


def structure(image: Tensor, content: Tensor) -> Tensor:
    """Return the structure term of SSIM on luma: whether edges keep their places, at any brightness and contrast.

    ``mean((σ_xy + C) / (σ_x σ_y + C))``, ``C = 0.03² / 2``, under an 11×11 Gaussian window with σ = 1.5, over the
    positions where the window fits into the photo. Wang et al. 2004, "Image Quality Assessment: From Error Visibility
    to Structural Similarity", Eq. 10.

    Args:
        image: the result.
        content: the content photo, of the result's shape.

    Returns:
        In [-1, 1], without unit. 1 for the same structure, negative for an inverted one.
    """
    x, y = (luma(full_precision(photo)) for photo in (image, content))
    # Brightness does not count, but with a large mean, the rounding error of E[x²] − E[x]² could exceed the variance.
    x, y = x - x.mean(), y - y.mean()
    moments = torch.cat([x, y, x * x, y * y, x * y])
    offsets = torch.arange(-5, 6, dtype=moments.dtype, device=moments.device)
    # A softmax of negative squares: a Gaussian that sums to 1.
    bell = torch.softmax(-offsets.square() / (2 * 1.5**2), dim=0)
    mean_x, mean_y, mean_xx, mean_yy, mean_xy = F.conv2d(moments, torch.outer(bell, bell)[None, None])
    # In flat parts of a photo, rounding may leave a variance just below zero.
    variance_x = (mean_xx - mean_x.square()).clamp_min(0)
    variance_y = (mean_yy - mean_y.square()).clamp_min(0)
    c = 0.03**2 / 2
    similarity: Tensor = (mean_xy - mean_x * mean_y + c) / ((variance_x * variance_y).sqrt() + c)
    return similarity.mean()


def sobel_ssim(image: Tensor, content: Tensor) -> Tensor:
    """Return the SSIM (Wang et al. 2004; 11×11 Gaussian window, data range 1) of the lumas' Sobel gradient magnitudes.

    Unlike ``structure``, it also falls if edges become stronger or weaker.

    Args:
        image: the result.
        content: the content photo, of the result's shape.

    Returns:
        In [-1, 1], without unit. 1 for the same edges.
    """
    # torchmetrics only returns a tuple if the full map is requested.
    return cast(Tensor, structural_similarity_index_measure(_edges(image), _edges(content), data_range=1.0))


def psnr(image: Tensor, content: Tensor) -> Tensor:
    """Return the peak signal-to-noise ratio ``-10 log10(mean((x - y)²))`` in dB. Infinite for identical photos."""
    return peak_signal_noise_ratio(full_precision(image), full_precision(content), data_range=1.0)


def _edges(photo: Tensor) -> Tensor:
    """Return the Sobel gradient magnitude of the luma, ``(1, 1, H - 2, W - 2)``."""
    x = luma(full_precision(photo))
    smooth, differ = x.new_tensor([1, 2, 1]), x.new_tensor([-1, 0, 1])
    # Divided by 4, the sum of the smoothing kernel, so that an axis-aligned edge from black to white has magnitude 1.
    across = torch.outer(smooth, differ) / 4
    return F.conv2d(x, torch.stack([across, across.T]).unsqueeze(1)).square().sum(dim=1, keepdim=True).sqrt()
