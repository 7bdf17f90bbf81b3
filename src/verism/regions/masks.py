"""Regions of two photos, and label images: pictures in which each region has its own colour."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import torch
from PIL import ImageColor
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism import images, photo_file
from verism.errors import VerismError
from verism.photo_file.transparency import VISIBLE
from verism.regions.colors import label_of, said, unused

RADIUS = 32
"""Euclidean distance in 8-bit RGB up to which colours are shades of one label; labels should be twice as far apart."""

FLAT = 16
"""Range of 8-bit levels within 3×3 pixels up to which a pixel is inside an area, and not on its edge."""

SMALLEST = 0.001
"""Share of a mask that the inside of an area of one colour must cover to be a label; smaller areas are specks."""


class Regions(NamedTuple):
    """Which part of the content photo takes its look from which part of the style photo.

    Attributes:
        labels: names of the K regions, colours as ``#rrggbb``; those of masks from files with the most common first.
        content: ``(1, K, H, W)``, a channel for each label, at the content photo's size. Hard masks are bool, with each
            pixel in one region at most; soft masks are in [0, 1], and the channels of a pixel add up to 1 at most.
        style: ``(1, K, H', W')``, the same at the style photo's size.
        confidence: ``(K,)`` in [0, 1], how certain it is that both photos show the same in a region; None: certain.
        one_scene: in [0, 1], how certain it is that the photos are of one scene, so that a single grade explains all of
            their differences.
        opacity: ``(1, 1, H', W')`` in [0, 1], of the style photo; None: it is opaque. Transparent pixels are in no
            region.
        found: whether the network found them; otherwise they come from masks, which the user can change.
        added: labels of regions that the user painted in addition to those that were found.
    """

    labels: tuple[str, ...]
    content: Tensor
    style: Tensor
    confidence: Tensor | None = None
    one_scene: float = 0.0
    opacity: Tensor | None = None
    found: bool = False
    added: tuple[str, ...] = ()

    @property
    def undivided(self) -> bool:
        """Whether all of the content photo is one region, so that only the style photo's transparency matters."""
        return self.opacity is not None and len(self.labels) == 1 and bool((self.content == 1).all())

    @property
    def sure(self) -> Tensor:
        """The confidence of each region, ``(K,)`` in [0, 1]: all 1 if ``confidence`` is None."""
        return torch.ones(len(self.labels)) if self.confidence is None else self.confidence

    def merge(self, groups: Sequence[Sequence[str]]) -> Regions:
        """Return the regions with those of each group merged into one, which keeps the first label of the group.

        Args:
            groups: labels of the regions to merge, or the words for them.

        Raises:
            VerismError: a label is not one of these regions', or is named twice.
        """
        groups = [list(map(label_of, group)) for group in groups if group]
        if not groups:
            return self
        named = [label for group in groups for label in group]
        for label in named:
            if label not in self.labels or named.count(label) > 1:
                raise VerismError(
                    f"--data.merge: {said(label)} must be named once, and be one of the regions {self._said}."
                )
        alone = [[label] for label in self.labels if label not in named]
        every = sorted([*groups, *alone], key=lambda group: self.labels.index(group[0]))
        members = torch.tensor([[label in group for label in self.labels] for group in every])
        shares = self.content.double().mean(dim=(0, 2, 3)).cpu() * members
        # The confidence of a group is the mean of its members', weighted by their size.
        sure = shares @ self.sure.double().cpu() / shares.sum(dim=1).clamp_min(1e-12)
        content, style = (
            torch.einsum("bkhw,gk->bghw", masks.float(), members.to(masks.device, torch.float32)).to(masks.dtype)
            for masks in (self.content, self.style)
        )
        return self._replace(
            labels=tuple(group[0] for group in every),
            content=content,
            style=style,
            confidence=sure.float(),
            added=tuple(label for label in self.added if label not in named),
        )

    def leave_out(self, labels: Sequence[str]) -> Regions:
        """Return the regions with zero confidence in some of them, so that they are treated like the rest of the photo.

        Args:
            labels: labels of the regions to leave out, or the words for them.

        Raises:
            VerismError: a label is not one of these regions'.
        """
        labels = list(map(label_of, labels))
        for label in labels:
            if label not in self.labels:
                raise VerismError(f"--data.leave_out: {said(label)} must be one of the regions {self._said}.")
        if not labels:
            return self
        kept = torch.tensor([label not in labels for label in self.labels])
        added = tuple(label for label in self.added if label not in labels)
        return self._replace(confidence=self.sure * kept.to(self.sure), added=added)

    @property
    def _said(self) -> str:
        return ", ".join(map(said, self.labels))

    def painted(self, *strokes: Strokes) -> Regions:
        """Return the regions with each painted pixel moved to the region of its colour; all other pixels stay.

        A colour of ``regions.colors`` that no region has makes a new one. Its confidence is 1 if it was painted in both
        photos, and otherwise 0.

        Raises:
            VerismError: the colour of a stroke is neither that of a region nor one of ``regions.colors``.
        """
        result = self
        for each in strokes:
            result = result._painted(each)
        if not result.added:
            return result
        both = result.content.flatten(2).any(dim=2) & result.style.flatten(2).any(dim=2).to(result.content.device)
        sure = zip(result.labels, result.sure.tolist(), both[0].tolist(), strict=True)
        confidence = [float(is_both) if label in result.added else value for label, value, is_both in sure]
        return result._replace(confidence=torch.tensor(confidence).to(result.sure))

    def _painted(self, strokes: Strokes) -> Regions:
        shape = getattr(self, strokes.role).shape[-2:]
        where, levels = (F.interpolate(it.float(), shape, mode="nearest")[0] for it in (strokes.where, strokes.levels))
        inside = where[0].bool()
        levels = levels[:, inside]
        choice = (*self.labels, *unused(self.labels))
        apart, nearest = torch.cdist(levels.T, label_colors(choice)).min(dim=1)
        if bool((apart > RADIUS).any()):
            odd = levels[:, apart.argmax()].int().tolist()
            raise VerismError(
                f"{strokes.mask}: #{bytes(odd).hex()} is the colour of none of the regions that were found, which are "
                f"{self._said}; paint in these, in {', '.join(map(said, unused(self.labels)))} for a region of its "
                "own, or all of the photo, without transparent parts."
            )
        used = set(nearest.unique().tolist())
        new = tuple(label for number, label in enumerate(choice) if number >= len(self.labels) and number in used)
        wider = self._with(new)
        # Columns of the choice that have become labels, in the order of the labels.
        kept = [number for number, label in enumerate(choice) if label in wider.labels]
        masks: Tensor = getattr(wider, strokes.role)
        changed = masks.clone()
        changed[0][:, inside.to(masks.device)] = F.one_hot(nearest, len(choice))[:, kept].T.to(masks)
        return wider._replace(content=changed) if strokes.role == "content" else wider._replace(style=changed)

    def _with(self, labels: tuple[str, ...]) -> Regions:
        """Return the regions with further ones, which are still empty in both photos."""
        if not labels:
            return self
        content, style = (
            torch.cat([it, it.new_zeros(1, len(labels), *it.shape[-2:])], dim=1) for it in (self.content, self.style)
        )
        return self._replace(
            labels=(*self.labels, *labels),
            content=content,
            style=style,
            confidence=torch.cat([self.sure, self.sure.new_zeros(len(labels))]),
            added=(*self.added, *labels),
        )

    def showing(self, opacity: Tensor) -> Regions:
        """Return the regions without the transparent pixels of the style photo.

        A region that is transparent all over has no match: its confidence is 0.

        Args:
            opacity: ``(1, 1, H', W')`` in [0, 1], of the style photo.
        """
        hard = self.style.dtype == torch.bool
        style = self.style & (opacity > VISIBLE) if hard else self.style * opacity
        shown = style.flatten(2).any(dim=2).squeeze(0)
        confidence = self.confidence if bool(shown.all()) else self.sure * shown.to(self.sure)
        return self._replace(style=style, confidence=confidence, opacity=opacity)

    def at(self, content: Sequence[int], style: Sequence[int]) -> Regions:
        """Return the regions at another size of the photos, given the (height, width) of each."""
        shapes = zip((self.content, self.style), (content, style), strict=True)
        mine, theirs = (
            resize(masks, shape) if masks.dtype == torch.bool else images.resize(masks, shape)
            for masks, shape in shapes
        )
        opacity = None if self.opacity is None else images.resize(self.opacity, style)
        return self._replace(content=mine, style=theirs, opacity=opacity)


def undivided(shape: Sequence[int], opacity: Tensor) -> Regions:
    """Return a single region: all of the content photo, and whatever is opaque of the style photo.

    Args:
        shape: height and width of the content photo.
        opacity: ``(1, 1, H', W')`` in [0, 1], of the style photo.
    """
    everything = torch.ones(1, 1, *shape, dtype=torch.bool)
    return Regions(("#ffffff",), everything, opacity > VISIBLE, opacity=opacity)


class Strokes(NamedTuple):
    """What the user painted over the regions that were found in one of the photos.

    Attributes:
        role: the photo.
        mask: the file, for messages.
        levels: ``(1, 3, H, W)``, RGB in 8-bit levels, at any size.
        where: ``(1, 1, H, W)`` bool, whether a pixel was painted.
    """

    role: Literal["content", "style"]
    mask: Path
    levels: Tensor
    where: Tensor


class OneMask(NamedTuple):
    """The regions of one of the photos, whose counterparts in the other photo are still to be found.

    Attributes:
        role: the photo whose regions these are.
        labels: names of the K regions, colours as ``#rrggbb``; the most common first.
        masks: ``(1, K, H, W)`` bool, at that photo's size; each pixel is in one region at most.
    """

    role: Literal["content", "style"]
    labels: tuple[str, ...]
    masks: Tensor


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
    """Read the masks of the content and the style photo.

    Labels are found (``find_labels``) in both masks together. Each pixel gets the label of its mask whose colour is
    nearest, so that antialiased and compressed edges are assigned, too. Each mask is then resized to its photo's size
    (``resize``).

    A label that is left in only one of the masks has no counterpart. If it covers no more than ``threshold`` of its
    photo, its pixels are in no region. They are not given to the label of the nearest colour, which is near by chance
    only: in the style photo, a thing that the content photo lacks would then colour that region; in the content photo,
    nothing says what the thing should look like.

    Args:
        masks: files of the content photo's and the style photo's mask, in any format that ``images.read`` takes.
        shapes: (height, width) of the content photo and of the style photo.
        threshold: largest share of a photo, from 0 to 1, that a label without a counterpart may cover.

    Raises:
        VerismError: a mask cannot be read, has no areas of one colour, does not have its photo's aspect ratio, or has a
            label without a counterpart that covers more than ``threshold``; or the masks have no label in common.
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


def read_one(mask: Path, shape: Sequence[int], role: Literal["content", "style"]) -> OneMask | Strokes:
    """Read the mask of one of the photos: all of its regions, with labels as in ``read``, or strokes over those found.

    Args:
        mask: the file of the mask. If it is transparent somewhere, it is strokes, where it is opaque.
        shape: (height, width) of the photo.
        role: the photo that the mask belongs to.

    Raises:
        VerismError: the mask cannot be read, has no areas of one colour, is transparent all over, or does not have its
            photo's aspect ratio.
    """
    picture, opacity = photo_file.read(mask)[:2]
    _check_aspect(mask, picture.shape[-2:], role, shape)
    if opacity is not None:
        # Only fully opaque pixels, because half-transparent ones at the edge of a stroke are mixed with white.
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


def paint(masks: Tensor, labels: Sequence[str]) -> Tensor:
    """Return the label image of regions, ``(1, 3, H, W)``, RGB in [0, 1].

    Args:
        masks: ``(1, K, H, W)``, hard or soft. A pixel gets the colour of the region that covers the most of it, or
            black where no region covers as much as is left.
        labels: K colours, as ``#rrggbb``.
    """
    none = (1 - masks.float().sum(dim=1, keepdim=True)).clamp_min(0)
    winner = torch.cat([masks.float(), none], dim=1).argmax(dim=1)
    colors = torch.cat([label_colors(labels) / 255, torch.zeros(1, 3)]).to(masks.device)
    return colors[winner].permute(0, 3, 1, 2)


def label_colors(labels: Sequence[str]) -> Tensor:
    """Return the colours of labels, ``#rrggbb`` each: ``(K, 3)`` float32, in 8-bit RGB."""
    return torch.tensor([ImageColor.getrgb(label) for label in labels], dtype=torch.float32).view(-1, 3)


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

    The most common colour stands for all colours within ``RADIUS`` of it, then the most common of the others, and so
    on. A colour is a label of a mask if the inside of its areas covers at least ``SMALLEST`` of it. Edges have no
    inside, however long they are, so the colours that two labels mix to there are no labels.

    Args:
        masks: the colours of each mask, from ``palette``.

    Returns:
        The colours of the labels, ``(K, 3)``, 8-bit RGB, the most common first; and which of them are labels of each
        mask, ``(len(masks), K)`` bool.
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


def resize(masks: Tensor, shape: Sequence[int]) -> Tensor:
    """Resize masks ``(1, K, H, W)``, hard or soft, to hard ones, bool.

    Each position goes to the region, or to no region, that covers the most of it, and to the first of two that cover
    the same. A region that covers the most of no position vanishes.

    Args:
        masks: hard or soft.
        shape: (height, width) of the result.
    """
    covered = torch.cat(
        [F.interpolate(mask.float(), list(shape), mode="area") for mask in masks.split(1, dim=1)], dim=1
    )
    none = 1 - covered.sum(dim=1, keepdim=True)
    winner = torch.cat([covered, none], dim=1).argmax(dim=1, keepdim=True)
    return winner == torch.arange(masks.shape[1], device=masks.device).view(1, -1, 1, 1)


def _names(colors: Tensor) -> list[str]:
    """Return colours ``(K, 3)``, 8-bit RGB, as ``#rrggbb``."""
    return ["#" + "".join(f"{int(level):02x}" for level in color) for color in colors]


def _nearest(mask: Palette, colors: Tensor, labels: Tensor) -> Tensor:
    """Return the pixels of ``mask`` that are nearest to each of its labels, ``(1, K, H, W)`` bool.

    Args:
        mask: the colours of the mask.
        colors: ``(K, 3)``, 8-bit RGB, those of all labels.
        labels: ``(K,)`` bool, which of them are labels of this mask.
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
        masks: the first mask, and the one that lacks the label, for the message.
        names: of the K labels.
        alone: ``(K,)``, share of the photo that each label covers, 0 for those that both masks have.
        threshold: largest share that is allowed.
    """
    share, name = max(zip(alone.tolist(), names, strict=True))
    if share > threshold:
        raise VerismError(
            f"{masks[0]}: {name} covers {share:.1%} of it, but {masks[1]} has no such colour: paint it there too, or "
            f"over it here, or have it left out with --data.mask_threshold {math.ceil(share * 100) / 100:g}."
        )
