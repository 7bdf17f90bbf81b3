"""Network features at each position of two photos, with the colour grade of each photo removed."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism import images
from verism.backbone import VGG

LAYERS = ("relu4_1", "relu5_1")
"""Layers whose features are compared: deep enough to tell sky from grass."""

SIDE = 256
"""Short side, in pixels, at which the network sees the photos."""

BORDER = 32
"""Width, in pixels, of the reflected border around a photo. Without it, zero padding would form a region of its own."""

STRIDES = (8, 16)
"""Strides, in pixels, of ``LAYERS``. The sides of a photo are rounded down to multiples of the larger stride."""

DIMENSIONS = 64
"""Number of principal components in which the features are compared."""


class PhotoFeatures(NamedTuple):
    """Network features of a photo.

    Attributes:
        points: ``(h · w, DIMENSIONS)``, the feature at each position, a unit vector.
        weights: ``(h · w,)``, the weight of each position. The weights sum to 1 whatever the size of the photo.
        shape: (h, w), number of positions in height and width.
    """

    points: Tensor
    weights: Tensor
    shape: torch.Size


def seen(
    backbone: VGG, content: Tensor, style: Tensor, opacity: Tensor | None = None
) -> tuple[PhotoFeatures, PhotoFeatures]:
    """Return comparable features of the content photo and the style photo.

    The features at ``LAYERS`` are normalised, centred on the mean of their own photo, and reduced to ``DIMENSIONS``
    principal components. The means encode the grade: if they were kept, skies of different colours would not match.

    Args:
        backbone: the network; ReLU and max pooling are used whatever its options.
        content: ``(1, 3, H, W)``, RGB in [0, 1].
        style: ``(1, 3, H', W')``, RGB in [0, 1].
        opacity: ``(1, 1, H', W')`` in [0, 1], weights for the positions of the style photo. None if it is opaque.
    """
    network = backbone.as_published()
    found = [_features(network, photo) for photo in (content, style)]
    counts = [torch.ones_like(part[:, :1]) for part in found]
    if opacity is not None:
        counts[1] = F.interpolate(opacity.to(found[1]), found[1].shape[-2:], mode="area")
    first, second = (
        PhotoFeatures(F.normalize(part.flatten(2).squeeze(0).T), count.flatten() / count.sum(), part.shape[-2:])
        for part, count in zip(_components(found, counts), counts, strict=True)
    )
    return first, second


def _features(network: VGG, photo: Tensor) -> Tensor:
    """Return the features at ``LAYERS``, concatenated at the resolution of the first layer: ``(1, d, h, w)``."""
    small = images.scale(photo, SIDE)
    small = images.resize(small, [side // STRIDES[1] * STRIDES[1] for side in small.shape[-2:]])
    found = network(F.pad(small, (BORDER,) * 4, mode="reflect"), LAYERS)
    shape = [side // STRIDES[0] for side in small.shape[-2:]]
    parts = []
    for layer in LAYERS:
        features = F.normalize(found[layer].float())
        border = BORDER * features.shape[-1] // (small.shape[-1] + 2 * BORDER)
        inner = features[..., border:-border, border:-border]
        parts.append(F.interpolate(inner, shape, mode="bilinear", align_corners=False))
    return torch.cat(parts, dim=1)


def _components(found: list[Tensor], counts: list[Tensor]) -> list[Tensor]:
    """Return the principal components of the features of both photos, after subtracting each photo's own mean.

    Args:
        found: the features of each photo, ``(1, d, h, w)``.
        counts: the weight of each position, ``(1, 1, h, w)`` for each photo.

    Returns:
        ``(1, DIMENSIONS, h, w)`` for each photo.
    """
    maps = [part - (part * w).sum(dim=(2, 3), keepdim=True) / w.sum() for part, w in zip(found, counts, strict=True)]
    rows, weights = (torch.cat([part.flatten(2).squeeze(0).T for part in parts]) for parts in (maps, counts))
    _, vectors = torch.linalg.eigh(rows.T @ (weights * rows))
    axes = vectors[:, -DIMENSIONS:]
    return [torch.einsum("bchw,cd->bdhw", part, axes) for part in maps]
