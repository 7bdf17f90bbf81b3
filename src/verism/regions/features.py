"""What the network sees at each position of two photos, without their grades."""

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
"""Width, in pixels, of the reflected border around a photo, without which zero padding makes a region of its own."""

STRIDES = (8, 16)
"""Strides, in pixels, of ``LAYERS``; the sides of a photo are rounded down to multiples of the greater one."""

DIMENSIONS = 64
"""Number of principal components in which the features are compared."""


class Seen(NamedTuple):
    """What the network sees of a photo.

    Attributes:
        points: ``(h · w, DIMENSIONS)``, the features at each position, unit vectors.
        weights: ``(h · w,)``, how much each position counts; they add up to 1, whatever the photo's size.
        shape: (h, w), number of positions in height and width.
    """

    points: Tensor
    weights: Tensor
    shape: torch.Size


def seen(backbone: VGG, content: Tensor, style: Tensor, opacity: Tensor | None = None) -> tuple[Seen, Seen]:
    """Return what the network sees of the content and of the style photo, in features that can be compared.

    Those at ``LAYERS``, normalised and less the mean over their own photo, are reduced to ``DIMENSIONS`` principal
    components. The means hold the photos' grades: if they were kept, skies of different colours would not correspond.

    Args:
        backbone: the network, with ReLU and max pooling in any case.
        content: ``(1, 3, H, W)``, RGB in [0, 1].
        style: ``(1, 3, H', W')``, RGB in [0, 1].
        opacity: ``(1, 1, H', W')`` in [0, 1], of the style photo, by which its positions are weighted; None: it is
            opaque.
    """
    network = backbone.as_published()
    found = [_features(network, photo) for photo in (content, style)]
    counts = [torch.ones_like(part[:, :1]) for part in found]
    if opacity is not None:
        counts[1] = F.interpolate(opacity.to(found[1]), found[1].shape[-2:], mode="area")
    first, second = (
        Seen(F.normalize(part.flatten(2).squeeze(0).T), count.flatten() / count.sum(), part.shape[-2:])
        for part, count in zip(_components(found, counts), counts, strict=True)
    )
    return first, second


def _features(network: VGG, photo: Tensor) -> Tensor:
    """Return the features at ``LAYERS``, concatenated at the positions of the first: ``(1, d, h, w)``."""
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
    """Return the principal components of the features of both photos, each less the mean over its own photo.

    Args:
        found: the features of each photo, ``(1, d, h, w)``.
        counts: how much each position counts, ``(1, 1, h, w)`` for each photo.

    Returns:
        ``(1, DIMENSIONS, h, w)`` for each photo.
    """
    maps = [part - (part * w).sum(dim=(2, 3), keepdim=True) / w.sum() for part, w in zip(found, counts, strict=True)]
    rows, weights = (torch.cat([part.flatten(2).squeeze(0).T for part in parts]) for parts in (maps, counts))
    _, vectors = torch.linalg.eigh(rows.T @ (weights * rows))
    axes = vectors[:, -DIMENSIONS:]
    return [torch.einsum("bchw,cd->bdhw", part, axes) for part in maps]
