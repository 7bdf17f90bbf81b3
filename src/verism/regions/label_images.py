"""Label images: pictures that mark each region with a colour of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism import images, photo_file
from verism.errors import VerismError
from verism.regions.colors import RADIUS
from verism.regions.masks import resize
from verism.regions.regions import OneMask, Regions, Strokes
from verism.role import Role

FLAT = 16
"""Largest range of 8-bit levels within 3×3 pixels at which the centre counts as inside an area, not on an edge."""

SMALLEST = 0.001
"""Smallest share of a mask that the inside of areas of one colour must cover to be a label. Less counts as specks."""


class Palette(NamedTuple):
    """The distinct colours of a picture.

    Attributes:
        colors: ``(U, 3)`` float32, the U colours in 8-bit RGB.
        inside: ``(U,)``, the share of the picture's pixels that have this colour and are not on an edge.
        pixels: ``(H, W)`` int64, the index of each pixel's colour.
    """

    colors: Tensor
    inside: Tensor
    pixels: Tensor


def read(masks: Sequence[Path], shapes: Sequence[Sequence[int]], threshold: float) -> Regions:
    """Read the masks of the content photo and the style photo.

    Labels are found (``find_labels``) in both masks together. Each pixel gets the label of its mask with the nearest
    colour, so that antialiased and compressed edges are assigned too. Each mask is then resized to the size of its
    photo (``resize``).

    A label that remains in only one of the masks has no counterpart. If it covers no more than ``threshold`` of its
    photo, its pixels belong to no region. They are not given to the label with the nearest colour, which is nearest
    only by chance. In the style photo, an object that the content photo lacks would then affect the colours of that
    region; in the content photo, nothing says what the object should look like.

    Args:
        masks: mask files of the content photo and the style photo, in any format that ``images.read`` supports.
        shapes: (height, width) of the content photo and of the style photo.
        threshold: largest share of a photo, from 0 to 1, that a label without a counterpart may cover.

    Raises:
        VerismError: if a mask cannot be read, has no areas of a single colour, differs from its photo in aspect ratio,
            or has a label without a counterpart that covers more than ``threshold``; or if the masks share no label.
    """
    pictures = [images.read(mask) for mask in masks]
    for mask, picture, shape, name in zip(masks, pictures, shapes, ("content", "style"), strict=True):
        _check_aspect(mask, picture.shape[-2:], name, shape)
    palettes = [palette(picture) for picture in pictures]
    colors, where = find_labels(palettes)
    for mask, labels in zip(masks, where, strict=True):
        if not labels.any():
            raise VerismError(f"{mask}: is not a label image; paint each region in a single colour.")
    names = _names(colors)
    content, style = (
        resize(_nearest(mask, colors, labels), shape)
        for mask, labels, shape in zip(palettes, where, shapes, strict=True)
    )
    in_content, in_style = (side.double().mean(dim=(0, 2, 3)) for side in (content, style))
    both = ((in_content > 0) & (in_style > 0)).nonzero().flatten()
    if not len(both):
        raise VerismError(
            f"{masks[0]} and {masks[1]} have no colour in common: paint what belongs together in the same colour."
        )
    _check_alone(masks, names, in_content.where(in_style == 0, 0), threshold)
    _check_alone(masks[::-1], names, in_style.where(in_content == 0, 0), threshold)
    return Regions(tuple(names[k] for k in both.tolist()), content[:, both], style[:, both])


def read_one(mask: Path, shape: Sequence[int], role: Role) -> OneMask | Strokes:
    """Read the mask of one photo: either all of its regions, with labels as in ``read``, or strokes over found regions.

    Args:
        mask: the mask file. If any of it is transparent, its opaque pixels are strokes.
        shape: (height, width) of the photo.
        role: the photo that the mask belongs to.

    Raises:
        VerismError: if the mask cannot be read, has no areas of a single colour, is completely transparent, or differs
            from its photo in aspect ratio.
    """
    picture, opacity = photo_file.read(mask)[:2]
    _check_aspect(mask, picture.shape[-2:], role, shape)
    if opacity is not None:
        # Only fully opaque pixels count: the edge of a soft brush spills over pixels that were not meant.
        where = opacity == 1
        if not bool(where.any()):
            raise VerismError(f"{mask}: is transparent all over, and so paints nothing; leave it out.")
        return Strokes(role, mask, (picture * 255).round(), where)
    found = palette(picture)
    colors, where = find_labels([found])
    if not len(colors):
        raise VerismError(f"{mask}: is not a label image; paint each region in a single colour.")
    resized = resize(_nearest(found, colors, where[0]), shape)
    left = resized.flatten(2).any(dim=2).squeeze(0)
    return OneMask(
        role, tuple(name for name, kept in zip(_names(colors), left.tolist(), strict=True) if kept), resized[:, left]
    )


def palette(picture: Tensor) -> Palette:
    """Return the distinct colours of ``picture`` ``(1, 3, H, W)``, RGB in [0, 1], at 8 bits."""
    levels = (picture * 255).round()
    red, green, blue = levels.squeeze(0).int()
    packed, pixels = torch.unique(red << 16 | green << 8 | blue, return_inverse=True)
    colors = torch.stack([packed >> 16, packed >> 8 & 255, packed & 255], dim=1).float()
    high, low = (F.max_pool2d(sign * levels, 3, stride=1, padding=1) * sign for sign in (1, -1))
    flat = ((high - low) <= FLAT).all(dim=1).squeeze(0)
    return Palette(colors, torch.bincount(pixels[flat], minlength=len(colors)) / pixels.numel(), pixels)


def find_labels(masks: Sequence[Palette]) -> tuple[Tensor, Tensor]:
    """Find the colours that are labels in at least one of the masks.

    The most common colour absorbs all colours within ``RADIUS`` of it, then the most common of the remaining ones, and
    so on. A colour is a label of a mask if the inside of its areas covers at least ``SMALLEST`` of the mask. Edges have
    no inside, however long they are, so the blends along the border of two labels do not become labels.

    Args:
        masks: the colours of each mask, from ``palette``.

    Returns:
        The label colours, ``(K, 3)``, 8-bit RGB, the most common first; and for each mask, which of them are its
        labels, ``(len(masks), K)`` bool.
    """
    colors = torch.cat([mask.colors for mask in masks])
    left = torch.block_diag(*(mask.inside for mask in masks)).T
    labels, where = [colors[:0]], [left[:0] > 0]
    while bool(left.any()):
        leader = colors[left.sum(dim=1).argmax()]
        shades = (colors - leader).norm(dim=1) <= RADIUS
        here = left[shades].sum(dim=0, keepdim=True) >= SMALLEST
        if here.any():
            labels.append(leader.unsqueeze(0))
            where.append(here)
        left[shades] = 0
    return torch.cat(labels), torch.cat(where).T


def _names(colors: Tensor) -> list[str]:
    """Return colours ``(K, 3)``, 8-bit RGB, as ``#rrggbb``."""
    return ["#" + "".join(f"{int(level):02x}" for level in color) for color in colors]


def _nearest(mask: Palette, colors: Tensor, labels: Tensor) -> Tensor:
    """Return which pixels of ``mask`` are nearest in colour to each of its labels, ``(1, K, H, W)`` bool.

    Args:
        mask: the colours of the mask.
        colors: ``(K, 3)``, 8-bit RGB, the colours of all labels.
        labels: ``(K,)`` bool, which labels this mask has.
    """
    distance = torch.cdist(mask.colors, colors).masked_fill(~labels, math.inf)
    return distance.argmin(dim=1)[mask.pixels] == torch.arange(len(colors)).view(1, -1, 1, 1)


def _check_aspect(mask: Path, own: Sequence[int], name: str, shape: Sequence[int]) -> None:
    # Both long sides may be rounded: the photo's when it was scaled down, and the mask's by another program.
    if abs(own[1] * shape[0] / own[0] - shape[1]) > 1 + 0.01 * shape[1]:
        raise VerismError(
            f"{mask}: {own[1]}×{own[0]} pixels do not fit the {name} photo, which is {shape[1]}×{shape[0]} at "
            "--data.size: give the mask its photo's aspect ratio."
        )


def _check_alone(masks: Sequence[Path], names: Sequence[str], alone: Tensor, threshold: float) -> None:
    """Raise ``VerismError`` if a label that only the first mask has covers more than the threshold.

    Args:
        masks: the first mask and the mask that lacks the label, for the error message.
        names: names of the K labels.
        alone: ``(K,)``, share of the photo that each label covers; 0 for labels that both masks have.
        threshold: largest share allowed.
    """
    share, name = max(zip(alone.tolist(), names, strict=True))
    if share > threshold:
        raise VerismError(
            f"{masks[0]}: {name} covers {share:.1%} of it, but {masks[1]} has no such colour: paint it there too, or "
            f"over it here, or have it left out with --data.mask_threshold {math.ceil(share * 100) / 100:g}."
        )
