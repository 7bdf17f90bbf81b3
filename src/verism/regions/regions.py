"""The regions of two photos, and what a user may change about them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism import images
from verism.errors import VerismError
from verism.photo_file.transparency import VISIBLE
from verism.regions.colors import RADIUS, label_of, said, unused
from verism.regions.masks import label_colors, resize, seen

SEEN = 0.005
"""Share of a photo below which a region is not said to be in it."""


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

    @property
    def seen(self) -> tuple[list[float], list[float]]:
        """The share of the content photo and of the style photo that is seen in each region, as ``paint`` shows it."""
        # Between several style photos, there is nothing.
        opaque = 1.0 if self.opacity is None else float(self.opacity.mean())
        return seen(self.content).tolist(), (seen(self.style) / opaque).tolist()

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

        A colour of ``regions.colors`` that no region has makes a new one. What is painted in one colour in both photos
        is a match of the user's own: that region's confidence is 1. A new region in one photo alone has none: 0.

        Raises:
            VerismError: the colour of a stroke is neither that of a region nor one of ``regions.colors``.
        """
        result, used = self, dict[str, set[str]]()
        for each in strokes:
            result, labels = result._painted(each)
            used.setdefault(each.role, set()).update(labels)
        matched = used.get("content", set()) & used.get("style", set())
        without = set(result.added) - matched
        if not matched | without:
            return result
        confidence = [
            1.0 if label in matched else 0.0 if label in without else value
            for label, value in zip(result.labels, result.sure.tolist(), strict=True)
        ]
        return result._replace(confidence=torch.tensor(confidence).to(result.sure))

    def _painted(self, strokes: Strokes) -> tuple[Regions, set[str]]:
        """Return the regions with the strokes over one photo, and the labels of what was painted."""
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
        used = {choice[number] for number in nearest.unique().tolist()}
        wider = self._with(tuple(label for label in choice if label in used - set(self.labels)))
        # Columns of the choice that have become labels, in the order of the labels.
        kept = [number for number, label in enumerate(choice) if label in wider.labels]
        masks: Tensor = getattr(wider, strokes.role)
        changed = masks.clone()
        changed[0][:, inside.to(masks.device)] = F.one_hot(nearest, len(choice))[:, kept].T.to(masks)
        return (wider._replace(content=changed) if strokes.role == "content" else wider._replace(style=changed)), used

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
