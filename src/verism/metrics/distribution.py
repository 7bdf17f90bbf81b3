"""Distances between the colour distributions of two photos, regardless of position."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism.color.spaces import Oklab
from verism.losses.sliced_wasserstein import random_directions
from verism.losses.term import full_precision

HALF_TURN = 16
"""Number of hue directions along which ``color_distance`` compares photos, 11 degrees apart."""

ALIKE = 0.002
"""Distance between the hues and chroma of two photos, in Oklab, at which no difference is visible: a tenth of a just
noticeable one."""


def sliced_wasserstein(image: Tensor, style: Tensor, directions: int = 64, seed: int = 0) -> Tensor:
    """Return the sliced Wasserstein-2 distance between the distributions of the two photos' colours.

    ``sqrt(mean_θ mean_t (Q_θx(t) - Q_θs(t))²)``, where ``Q_θ`` are the quantiles of the pixels' RGB projected onto the
    unit vector θ. There are as many quantiles as pixels in the smaller photo, interpolated in the larger one. Bonneel
    et al. 2015, "Sliced and Radon Wasserstein Barycenters of Measures".

    Args:
        image: the result.
        style: the style photo, of any size.
        directions: number of unit vectors θ, drawn uniformly on the sphere.
        seed: seed of the directions. With the same seed, all photos are projected onto the same directions.

    Returns:
        In units of RGB. 0 for the same colours, about 1 between a black photo and a white one.
    """
    x, s = (full_precision(photo).detach().flatten(2).squeeze(0) for photo in (image, style))
    axes = random_directions(directions, 3, torch.Generator().manual_seed(seed), torch.float64)
    return sliced(x, s, axes)


def color_distance(image: Tensor, content: Tensor, style: Tensor) -> Tensor:
    """Return the remaining distance to the style's hues and chroma, relative to that of the content photo.

    ``SW(x, s) / SW(c, s)``, with SW the sliced Wasserstein-2 distance between the distributions of a and b in Oklab
    (see ``sliced_wasserstein`` for the formula), along ``HALF_TURN`` evenly spaced directions. Lightness is left out,
    because how much of a photo is dark depends on its subject: in RGB, a dark courtyard that has turned as green as the
    style's meadow is no nearer to it. This agrees better with human judgement than RGB, and better than
    ``style_distance``, which also counts textures.

    Args:
        image: the result.
        content: the content photo, of any size.
        style: the style photo, of any size.

    Returns:
        At least 0, without unit. 1 for the content photo, 0 for the style's own hues and chroma, nan if the content
        photo already has those of the style (``ALIKE``).
    """
    return share_left(hue_distance(image, style), hue_distance(content, style))


def hue_distance(photo: Tensor, style: Tensor) -> Tensor:
    """Return the distance between the hues and chroma of two photos, in Oklab, as in ``color_distance``."""
    x, s = (Oklab().encode(full_precision(image).detach())[0, 1:].flatten(1) for image in (photo, style))
    angles = torch.arange(HALF_TURN, dtype=torch.float64) * (torch.pi / HALF_TURN)
    return sliced(x, s, torch.stack([angles.cos(), angles.sin()], dim=1))


def share_left(distance: Tensor, before: Tensor) -> Tensor:
    """Return the remaining share of a distance, relative to its previous value; nan if that was not visible."""
    return distance / torch.where(before > ALIKE, before, torch.nan)


def sliced(x: Tensor, s: Tensor, axes: Tensor) -> Tensor:
    """Return the sliced Wasserstein-2 distance between colours ``(C, N)`` and ``(C, M)`` along ``axes`` ``(n, C)``."""
    # Two directions at a time: all projections together would be many times the photo. NumPy sorts on one core.
    with ThreadPoolExecutor(2) as pool:
        costs = pool.map(lambda axis: _squared_wasserstein(axis.to(x) @ x, axis.to(s) @ s), axes)
        return torch.stack(list(costs)).mean().sqrt()


def _squared_wasserstein(p: Tensor, q: Tensor) -> Tensor:
    """Return the squared Wasserstein-2 distance between two lists of numbers, from their quantiles."""
    shorter, longer = sorted(map(_ascending, (p, q)), key=len)
    quantiles = F.interpolate(longer.view(1, 1, -1), len(shorter), mode="linear", align_corners=True).flatten()
    return (shorter - quantiles).square().mean()


def _ascending(values: Tensor) -> Tensor:
    # NumPy's sort is vectorised, and several times as fast as torch's on a CPU.
    return torch.from_numpy(np.sort(values.numpy())) if values.device.type == "cpu" else values.sort().values
