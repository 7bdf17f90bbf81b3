"""Regions: two label images, whose colours say which part of one photo takes its look from which part of the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism import images
from verism.errors import VerismError
from verism.photo_file.transparency import VISIBLE

RADIUS = 32
"""Up to this distance, in 8-bit RGB, colours are shades of one label; palettes keep labels at twice that or more."""

FLAT = 16
"""Up to this difference of 8-bit levels within 3×3 pixels, a pixel is inside an area and not on its edge."""

SMALLEST = 0.001
"""The share of a mask that the inside of a label covers; what is smaller is a speck."""


class Regions(NamedTuple):
    """Which parts of the photos belong together.

    Attributes:
        labels: the K colours that both masks have, as ``#rrggbb``; the most common first.
        content: ``(1, K, H, W)``, a channel a label, at the content photo's size: bool, where no pixel is in two of
            them, and one that is in none is left out; or soft, in [0, 1], where a pixel's channels add up to 1 at most.
        style: the same, at the style photo's size.
        confidence: ``(K,)`` in [0, 1], how sure it is that the photos show the same in a region; None: certain.
        one_scene: in [0, 1], how sure it is that the two are photos of one scene, so that one grade explains all.
        opacity: ``(1, 1, H', W')`` in [0, 1], how much of the style photo shows; None: it is opaque. What does not show
            is in no region.
    """

    labels: tuple[str, ...]
    content: Tensor
    style: Tensor
    confidence: Tensor | None = None
    one_scene: float = 0.0
    opacity: Tensor | None = None

    @property
    def undivided(self) -> bool:
        """Whether there is nothing to tell apart but what shows of the style photo and what does not."""
        return self.opacity is not None and len(self.labels) == 1 and bool((self.content == 1).all())

    @property
    def sure(self) -> Tensor:
        """The confidence of each region, ``(K,)``."""
        return torch.ones(len(self.labels)) if self.confidence is None else self.confidence

    def merge(self, groups: Sequence[Sequence[str]]) -> Regions:
        """Return the regions with those of each group as one, which keeps the first one's label.

        Args:
            groups: of labels.

        Raises:
            VerismError: there is no such label, or one is in two groups.
        """
        if not groups:
            return self
        named = [label for group in groups for label in group]
        for label in named:
            if label not in self.labels or named.count(label) > 1:
                raise VerismError(
                    f"--data.merge: {label} must be named once, and be one of the regions {', '.join(self.labels)}."
                )
        alone = [[label] for label in self.labels if label not in named]
        every = sorted([*map(list, groups), *alone], key=lambda group: self.labels.index(group[0]))
        members = torch.tensor([[label in group for label in self.labels] for group in every])
        shares = self.content.double().mean(dim=(0, 2, 3)).cpu() * members
        # The more of it a region is, the more its own confidence says of the whole.
        sure = shares @ self.sure.double().cpu() / shares.sum(dim=1).clamp_min(1e-12)
        content, style = (
            torch.einsum("bkhw,gk->bghw", masks.float(), members.to(masks.device, torch.float32)).to(masks.dtype)
            for masks in (self.content, self.style)
        )
        return self._replace(
            labels=tuple(group[0] for group in every), content=content, style=style, confidence=sure.float()
        )

    def leave_out(self, labels: Sequence[str]) -> Regions:
        """Return the regions with no confidence in some of them, which are then treated like the rest of the photo.

        Args:
            labels: of these regions.

        Raises:
            VerismError: there is no such label.
        """
        for label in labels:
            if label not in self.labels:
                raise VerismError(f"--data.leave_out: {label} must be one of the regions {', '.join(self.labels)}.")
        if not labels:
            return self
        kept = torch.tensor([label not in labels for label in self.labels])
        return self._replace(confidence=self.sure * kept.to(self.sure))

    def showing(self, opacity: Tensor) -> Regions:
        """Return the regions of a style photo that is transparent in part.

        Args:
            opacity: ``(1, 1, H', W')`` in [0, 1], of the style photo. What does not show is left out, and a region of
                which nothing shows has no match.
        """
        hard = self.style.dtype == torch.bool
        style = self.style & (opacity > VISIBLE) if hard else self.style * opacity
        shown = style.flatten(2).any(dim=2).squeeze(0)
        confidence = self.confidence if bool(shown.all()) else self.sure * shown.to(self.sure)
        return self._replace(style=style, confidence=confidence, opacity=opacity)

    def at(self, content: Sequence[int], style: Sequence[int]) -> Regions:
        """Return the regions at other heights and widths of the two photos."""
        shapes = zip((self.content, self.style), (content, style), strict=True)
        mine, theirs = (
            resize(masks, shape) if masks.dtype == torch.bool else images.resize(masks, shape)
            for masks, shape in shapes
        )
        opacity = None if self.opacity is None else images.resize(self.opacity, style)
        return self._replace(content=mine, style=theirs, opacity=opacity)


def undivided(shape: Sequence[int], opacity: Tensor) -> Regions:
    """Return the one region that is all of a content photo, and all that shows of the style photo.

    Args:
        shape: height and width of the content photo.
        opacity: ``(1, 1, H', W')`` in [0, 1], of the style photo.
    """
    everything = torch.ones(1, 1, *shape, dtype=torch.bool)
    return Regions(("#ffffff",), everything, opacity > VISIBLE, opacity=opacity)


class OneMask(NamedTuple):
    """The regions of one of the photos, whose counterparts in the other are still to be found.

    Attributes:
        role: which photo it is of.
        labels: K colours, as ``#rrggbb``; the most common first.
        masks: ``(1, K, H, W)`` bool, at that photo's size; a pixel may be in none.
    """

    role: Literal["content", "style"]
    labels: tuple[str, ...]
    masks: Tensor


class Palette(NamedTuple):
    """A picture by its colours.

    Attributes:
        colors: ``(U, 3)`` float32, 8-bit RGB.
        inside: ``(U,)``, the share of the picture that is of that colour and not on an edge.
        pixels: ``(H, W)``, which of them each pixel has.
    """

    colors: Tensor
    inside: Tensor
    pixels: Tensor


def read(masks: Sequence[Path], shapes: Sequence[Sequence[int]], threshold: float) -> Regions:
    """Read the masks of the content and the style photo.

    Labels are found (``find_labels``) in both masks together, and every pixel is of that label of its mask which has
    the nearest colour: antialiased and compressed edges too. A mask is then brought to its photo's size (``resize``).

    A colour that only one mask has, after that, has nothing to be matched with. Up to ``threshold``, it is left out: on
    the style side, because a thing that the content photo lacks should not colour its neighbours; on the content side,
    because nothing says what it should look like, and what is left to the other losses stays itself, while a label near
    it in colour would be near it only by chance.

    Args:
        masks: files of the content's and the style's mask, in any format that ``images.read`` takes.
        shapes: heights and widths of the photos.
        threshold: share of a photo up to which a label that only it has is left out.

    Raises:
        VerismError: a mask cannot be read, has no areas of one colour, another aspect ratio than its photo, a label
            larger than ``threshold`` that the other has not, or none that the other has.
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


def read_one(mask: Path, shape: Sequence[int], role: Literal["content", "style"]) -> OneMask:
    """Read the mask of one of the photos; labels are found as in ``read``.

    Args:
        mask: its file.
        shape: height and width of the photo.
        role: which photo it is of.

    Raises:
        VerismError: the mask cannot be read, has no areas of one colour, or another aspect ratio than its photo.
    """
    picture = images.read(mask)
    _check_aspect(mask, picture.shape[-2:], role, shape)
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
    """Return a label image, ``(1, 3, H, W)`` RGB in [0, 1], of masks ``(1, K, H, W)``; black where no mask is.

    Args:
        masks: hard or soft; a pixel has the colour of the region that covers the most of it.
        labels: K colours, as ``#rrggbb``.
    """
    none = (1 - masks.float().sum(dim=1, keepdim=True)).clamp_min(0)
    winner = torch.cat([masks.float(), none], dim=1).argmax(dim=1)
    levels = [[int(label[at : at + 2], 16) / 255 for at in (1, 3, 5)] for label in labels]
    colors = torch.tensor([*levels, [0.0, 0.0, 0.0]], device=masks.device)
    return colors[winner].permute(0, 3, 1, 2)


def palette(picture: Tensor) -> Palette:
    """Take ``(1, 3, H, W)``, RGB in [0, 1], apart by colours."""
    levels = (picture * 255).round()
    red, green, blue = levels.squeeze(0).int()
    packed, pixels = torch.unique(red << 16 | green << 8 | blue, return_inverse=True)
    colors = torch.stack([packed >> 16, packed >> 8 & 255, packed & 255], dim=1).float()
    high, low = (F.max_pool2d(sign * levels, 3, stride=1, padding=1) * sign for sign in (1, -1))
    flat = ((high - low) <= FLAT).all(dim=1).squeeze(0)
    return Palette(colors, torch.bincount(pixels[flat], minlength=len(colors)) / pixels.numel(), pixels)


def find_labels(masks: Sequence[Palette]) -> tuple[Tensor, Tensor]:
    """Find the colours that are labels in one mask or more.

    The most common colour stands for all within ``RADIUS`` of it, then the most common of the others, and so on. Those
    are a mask's labels whose inside covers a share of ``SMALLEST`` of it: edges, on which two labels mix to a third
    colour, have no inside, however long they are.

    Returns:
        The colours, ``(K, 3)``, 8-bit RGB, the most common first; and which of them each mask has, ``(masks, K)`` bool.
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
    """Bring masks ``(1, K, H, W)`` to another height and width, as disjoint ones, bool.

    Each position goes to the label, or to none, that covers the most of it, so that masks stay disjoint, and a label
    that is nowhere in the majority vanishes. Of two that cover the same, the first.
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
    """Return where ``mask`` is nearest to which of ``colors`` ``(K, 3)`` that are its ``labels``: ``(1, K, H, W)``."""
    distance = torch.cdist(mask.colors, colors).masked_fill(~labels, math.inf)
    return distance.argmin(dim=1)[mask.pixels] == torch.arange(len(colors)).view(1, -1, 1, 1)


def _check_aspect(mask: Path, own: Sequence[int], name: str, shape: Sequence[int]) -> None:
    # A photo's long side was rounded down when it was scaled, and a mask's perhaps too, by a person.
    if abs(own[1] * shape[0] / own[0] - shape[1]) > 1 + 0.01 * shape[1]:
        raise VerismError(
            f"{mask}: {own[1]}×{own[0]} pixels do not fit the {name} photo, which is {shape[1]}×{shape[0]} at "
            "--data.size: give the mask its photo's aspect ratio."
        )


def _check_alone(masks: Sequence[Path], names: Sequence[str], alone: Tensor, threshold: float) -> None:
    """Raise ``VerismError`` if a label that the first mask has ``alone``, of these shares, is above the threshold."""
    share, name = max(zip(alone.tolist(), names, strict=True))
    if share > threshold:
        raise VerismError(
            f"{masks[0]}: {name} covers {share:.1%} of it, but {masks[1]} has no such colour: paint it there too, or "
            f"over it here, or have it left out with --data.mask_threshold {math.ceil(share * 100) / 100:g}."
        )
