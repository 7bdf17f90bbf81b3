"""The distance to the style in terms of network features."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from verism.losses.gram import Gram, mean_distance

STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
"""Layers of ``style_distance``, as in Gatys et al. 2016, "Image Style Transfer Using Convolutional Neural
Networks"."""


def style_distance(image: Mapping[str, Gram], content: Mapping[str, Gram], style: Mapping[str, Gram]) -> Tensor:
    """Return the remaining distance to the style's Gram matrices, relative to that of the content photo.

    ``mean_l(‖Ĝ_x - Ĝ_s‖² / ‖Ĝ_c - Ĝ_s‖²)`` with ``Ĝ = G / (d h w)`` the Gram matrix of d channels at h × w positions
    (Gatys et al. 2016, Eq. 3, per position as in Johnson et al. 2016, Eq. 3; d cancels), averaged over
    ``STYLE_LAYERS``.

    Args:
        image: Gram matrices of the result by layer name, at least for ``STYLE_LAYERS``.
        content: Gram matrices of the content photo, likewise.
        style: Gram matrices of the style photo, likewise.

    Returns:
        At least 0, without unit. 1 for the content photo, 0 for the style's own statistics. If content and style have
        the same statistics at a layer, nan for an image with the same statistics, and infinite otherwise.
    """
    ratios = [
        mean_distance(image[layer], style[layer]) / mean_distance(content[layer], style[layer])
        for layer in STYLE_LAYERS
    ]
    return torch.stack(ratios).mean()
