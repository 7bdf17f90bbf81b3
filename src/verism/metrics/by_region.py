"""Compares the colours of each region with those of its counterpart in the style photo."""

from __future__ import annotations

import torch
from torch import Tensor

from verism.losses.sliced_wasserstein import random_directions
from verism.metrics.common_size import at_side
from verism.metrics.distribution import sliced
from verism.metrics.in_regions import SMALLEST_REGION, masks_at
from verism.regions.regions import Regions


def semantic(image: Tensor, style: Tensor, known: Regions) -> Tensor:
    """Return the distance between the colours of each region and those of its counterpart in the style photo.

    This is the mean over regions k, weighted by their number of positions in the result, of the sliced Wasserstein-2
    distance (``sliced_wasserstein``) between region k of the result and region k of the style photo. It is only a fair
    measure of methods that were not given the same regions.

    Args:
        image: the result.
        style: the style photo, of any size.
        known: the regions of the content photo and the style photo, hard, at any size. Regions that cover less than
            ``SMALLEST_REGION`` of either photo are left out.

    Returns:
        In units of RGB. 0 if every region has the colours of its counterpart; nan if there is no region to compare.
    """
    sides = [(at_side(photo), masks) for photo, masks in ((image, known.content), (style, known.style))]
    pixels = [photo.squeeze(0).flatten(1) for photo, _ in sides]
    inside = [masks_at(masks, photo.shape[-2:]).bool() for photo, masks in sides]
    axes = random_directions(64, 3, torch.Generator().manual_seed(0))
    total = count = 0.0
    for result, counterpart in zip(*inside, strict=True):
        if min(float(mask.double().mean()) for mask in (result, counterpart)) >= SMALLEST_REGION:
            size = int(result.sum())
            total += size * float(sliced(pixels[0][:, result], pixels[1][:, counterpart], axes))
            count += size
    return torch.tensor(total / count if count else torch.nan, dtype=torch.float64)
