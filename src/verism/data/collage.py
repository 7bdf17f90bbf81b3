"""Combines several style photos into one: side by side, each sized according to its weight."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism import images
from verism.errors import VerismError
from verism.photo_file import MIN_SIDE, Photo
from verism.photo_file.transparency import filled

GAP = 16
"""Pixels between two photos: one position in VGG-19's deepest layers. They are transparent, with colours that change
gradually from one photo to the other."""


def check_weights(weights: Sequence[float], count: int) -> None:
    """Raise ``VerismError`` unless each of ``count`` photos has a weight, none is negative and not all are 0."""
    if len(weights) != count:
        raise VerismError(f"--data.style_weights: has {len(weights)} weights for {count} style photos; give one each.")
    for weight in weights:
        if not 0 <= weight < math.inf:
            raise VerismError(
                f"--data.style_weights: {weight} is not a weight; give finite numbers that are not negative."
            )
    if not any(weights):
        raise VerismError("--data.style_weights: all weights are 0; give one of the style photos more.")


def collage(photos: Sequence[Photo], weights: Sequence[float], gap: int = GAP) -> Photo:
    """Put photos side by side on a transparent background, so that the mean of the opaque area is their weighted mean.

    Each photo is scaled so that its share of the opaque area equals the share of its weight. None is enlarged, and at
    least one keeps its size. Photos of weight 0 are left out. A single photo is returned unchanged.

    Args:
        photos: the photos, at least one, each at its largest allowed size; transparent pixels stay transparent.
        weights: one for each photo, as required by ``check_weights``.
        gap: pixels between two photos.

    Raises:
        VerismError: a photo would have less than ``MIN_SIDE`` pixels on its short side.
    """
    chosen = [(photo, weight) for photo, weight in zip(photos, weights, strict=True) if weight]
    if len(chosen) == 1:
        return chosen[0][0]
    areas = [float(_opacity(photo).sum()) for photo, _ in chosen]
    unit = min(area / weight for area, (_, weight) in zip(areas, chosen, strict=True))
    scaled = [
        _scaled(photo, (unit * weight / area) ** 0.5) for area, (photo, weight) in zip(areas, chosen, strict=True)
    ]
    height = max(photo.pixels.shape[-2] for photo in scaled)
    columns = []
    for index, photo in enumerate(scaled):
        frame = (0, gap if index < len(scaled) - 1 else 0, 0, height - photo.pixels.shape[-2])
        columns.append((F.pad(photo.pixels, frame), F.pad(_opacity(photo), frame)))
    pixels, alpha = (torch.cat(parts, dim=-1) for parts in zip(*columns, strict=True))
    return Photo(filled(pixels, alpha), alpha)


def _opacity(photo: Photo) -> Tensor:
    return torch.ones_like(photo.pixels[:, :1]) if photo.alpha is None else photo.alpha


def _scaled(photo: Photo, factor: float) -> Photo:
    height, width = (round(side * factor) for side in photo.pixels.shape[-2:])
    if min(height, width) < MIN_SIDE:
        raise VerismError(
            f"--data.style_weights: the weights are too far apart: one photo would be {width}×{height} pixels small, "
            f"and needs {MIN_SIDE} a side; choose weights closer to each other, or a larger --data.size."
        )
    return photo.showing(images.resize(photo.pixels, (height, width)))
