"""Compares two photos of one scene: which places match, and how much their colours differ there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism import images
from verism.backbone import VGG, VGG19
from verism.backbone.correspondence import LAYER
from verism.color.cielab import cielab
from verism.color.level import DARKEST, relit
from verism.color.spaces import from_light, to_light

SIDE = 128
"""Short side at which photos are compared, in pixels."""

CELL = 8
"""Side of a cell, in pixels: the distance between two positions of ``LAYER``."""

NEAR = 2
"""Number of cells, in either direction, by which the shift of a match may differ from the median shift, because the
camera has turned or zoomed, or something has moved."""

ONE_SCENE = 0.2
"""Share of the first photo's cells that must have a match for both photos to show one scene. It was at most 0.06 among
eight photographs of different scenes, and at least 0.36 among crops that share 56 % of their area."""

TILES = 4
"""Number of regions along each side of the first photo."""

FEW = 3
"""Smallest number of matches in a region."""

SAME, UNLIKE = 3.0, 3.0
"""A match counts as changed if, after the shift of the whole photo, its difference exceeds this ΔE76 and this multiple
of the median."""


class Match(NamedTuple):
    """Cells that match between two photos.

    Attributes:
        first: index of each cell in the first photo, ``(n,)``, counted row by row from 0.
        second: index of the matching cell in the second photo, ``(n,)``.
        regions: index of the region of each match, ``(n,)``.
    """

    first: Tensor
    second: Tensor
    regions: Tensor


@lru_cache(maxsize=1)
def network() -> VGG:
    """Return the network that compares photos: always the embedded one, whichever network a look is fitted with."""
    return VGG19("compact").as_published()


def small(photo: Tensor) -> Tensor:
    """Return a photo ``(1, 3, H, W)`` at the size for comparison, a multiple of ``CELL`` on each side."""
    scaled = images.scale(photo, SIDE)
    return images.resize(scaled, [side // CELL * CELL for side in scaled.shape[-2:]])


@torch.no_grad()
def features(photo: Tensor) -> Tensor:
    """Return the network's features of each cell of a small photo, ``(1, d, h, w)``."""
    found: Tensor = network()(photo, [LAYER])[LAYER]
    return found


def match(first: Tensor, second: Tensor) -> Match | None:
    """Return the cells that two photos have in common, or None if they show two scenes.

    Two cells match if each is the most similar to the other (by cosine similarity, after subtracting the mean of their
    photo) and the shift between them differs from the median shift by at most ``NEAR`` cells. The regions are those of
    the ``TILES`` × ``TILES`` parts of the first photo that have at least ``FEW`` matches.

    Args:
        first: features of a photo, ``(1, d, h, w)``.
        second: features of another photo, ``(1, d, h', w')``.
    """
    (height, width), other_width = first.shape[-2:], second.shape[-1]
    ours, theirs = (F.normalize(it.flatten(2)[0].T - it.mean(dim=(2, 3))) for it in (first, second))
    similar = ours @ theirs.T
    there, back = similar.argmax(dim=1), similar.argmax(dim=0)
    here = torch.arange(len(ours))
    mine = here[back[there] == here]
    their = there[mine]
    moved = torch.stack([their // other_width - mine // width, their % other_width - mine % width], dim=1)
    together = ((moved - moved.median(dim=0).values).abs() <= NEAR).all(dim=1)
    mine, their = mine[together], their[together]
    if len(mine) < ONE_SCENE * len(ours):
        return None
    tiles = TILES * (mine // width * TILES // height) + mine % width * TILES // width
    counts = tiles.bincount(minlength=TILES**2)
    enough = counts[tiles] >= FEW
    _, regions = tiles[enough].unique(return_inverse=True)
    return Match(mine[enough], their[enough], regions)


def still(found: Match, light: Tensor, other: Tensor) -> Match | None:
    """Return the matches without cells that have changed because something moved there or covers them.

    The first photo is shifted by the median shift of the cells' light. A match is dropped if its difference then
    exceeds both ``SAME`` and ``UNLIKE`` times the median; each region must still have ``FEW`` matches.

    Args:
        found: matches of two photos.
        light: mean linear light of the first photo's cell of each match, ``(n, 3)``.
        other: the same for the second photo.

    Returns:
        The remaining matches; None if no region is left.
    """
    odds, wanted = (torch.logit(it, eps=DARKEST) for it in (light, other))
    stops = (wanted - odds).median(dim=0).values / math.log(2)
    apart = (in_lab(relit(light, stops)) - in_lab(other)).norm(dim=1)
    kept = apart <= max(SAME, UNLIKE * float(apart.median()))
    counts = found.regions[kept].bincount(minlength=TILES**2)
    kept &= counts[found.regions] >= FEW
    if not bool(kept.any()):
        return None
    _, regions = found.regions[kept].unique(return_inverse=True)
    return Match(found.first[kept], found.second[kept], regions)


def cell_light(photo: Tensor, cells: Tensor) -> Tensor:
    """Return the mean linear light, ``(n, 3)``, of cells ``(n,)`` of a small photo ``(1, 3, H, W)``, sRGB in [0, 1]."""
    return F.avg_pool2d(to_light(photo), CELL).flatten(2)[0].T[cells]


def region_light(photo: Tensor, cells: Tensor, regions: Tensor) -> Tensor:
    """Return the mean linear light of each region of a small photo, ``(R, 3)``.

    Args:
        photo: ``(1, 3, H, W)``, sRGB in [0, 1].
        cells: indices of the cells to use, ``(n,)``.
        regions: index of the region of each cell, ``(n,)``.
    """
    light = cell_light(photo, cells)
    sums = light.new_zeros(int(regions.max()) + 1, 3).index_add_(0, regions, light)
    return sums / regions.bincount().unsqueeze(1)


def region_places(shape: Sequence[int], cells: Tensor, regions: Tensor) -> Tensor:
    """Return the mean position of each region of a small photo, ``(R, 2)``: across and down, from −½ to ½.

    Args:
        shape: height and width of the photo.
        cells: indices of the cells to use, ``(n,)``.
        regions: index of the region of each cell, ``(n,)``.
    """
    height, width = (side // CELL for side in shape)
    places = torch.stack([(cells % width + 0.5) / width, (cells // width + 0.5) / height], dim=1) - 0.5
    sums = places.new_zeros(int(regions.max()) + 1, 2).index_add_(0, regions, places)
    return sums / regions.bincount().unsqueeze(1)


def difference(light: Tensor, other: Tensor, weights: Tensor) -> float:
    """Return the weighted mean of ΔE76 (CIE 1976, D65) between regions.

    Args:
        light: mean linear light of each region in one photo, ``(R, 3)``.
        other: the same in the other photo.
        weights: how much each region counts, ``(R,)``.
    """
    return float((in_lab(other) - in_lab(light)).norm(dim=1) @ weights.double() / weights.sum())


def in_lab(light: Tensor) -> Tensor:
    """Return CIELAB (D65) of linear light ``(…, 3)``, in float64."""
    return cielab(from_light(light.double()).clamp(0, 1))
