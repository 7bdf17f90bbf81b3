"""The regions of two photos, and the changes that users can make to them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism import images
from verism.errors import VerismError
from verism.photo_file.transparency import VISIBLE
from verism.regions.colors import RADIUS, label_of, said, unused
from verism.regions.masks import label_colors, resize, seen, winners
from verism.role import Role

SEEN = 0.005
"""Share of a photo below which a region is not reported as present in it."""


class Regions(NamedTuple):
    """Matching regions of two photos: each part of the content photo takes its look from a part of the style photo.

    Attributes:
        labels: names of the K regions, as ``#rrggbb`` colours. Those read from mask files are sorted, most common
            first.
        content: ``(1, K, H, W)``, one channel per label, at the size of the content photo. Hard masks are bool, with
            each pixel in at most one region. Soft masks are in [0, 1], and sum to at most 1 over the channels.
        style: ``(1, K, H', W')``, the same at the size of the style photo.
        confidence: ``(K,)`` in [0, 1], how certain it is that both photos show the same thing in a region. None means
            certain.
        one_scene: in [0, 1], how certain it is that the photos show the same scene, so that a single grade explains
            all of their differences.
        opacity: ``(1, 1, H', W')`` in [0, 1], opacity of the style photo. None if it is opaque. Transparent pixels
            belong to no region.
        found: whether the network found the regions. Otherwise they come from masks that the user can edit.
        added: labels of regions that the user painted in addition to those found.
        kept: labels of regions that stay as they are in the content photo.
    """

    labels: tuple[str, ...]
    content: Tensor
    style: Tensor
    confidence: Tensor | None = None
    one_scene: float = 0.0
    opacity: Tensor | None = None
    found: bool = False
    added: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    @property
    def undivided(self) -> bool:
        """Whether the whole content photo is one region, so that only the transparency of the style photo matters."""
        return self.opacity is not None and len(self.labels) == 1 and bool((self.content == 1).all())

    @property
    def sure(self) -> Tensor:
        """The confidence of each region, ``(K,)`` in [0, 1]. All 1 if ``confidence`` is None."""
        return torch.ones(len(self.labels)) if self.confidence is None else self.confidence

    @property
    def staying(self) -> Tensor:
        """Whether each region stays as it is in the content photo, ``(K,)`` bool."""
        return torch.tensor([label in self.kept for label in self.labels], dtype=torch.bool)

    @property
    def stays(self) -> Tensor:
        """Where the content photo stays as it is, as ``paint`` shows it: ``(1, 1, H, W)`` bool."""
        kept = self.staying.nonzero().flatten().to(self.content.device)
        return torch.isin(winners(self.content), kept).unsqueeze(1)

    @property
    def seen(self) -> tuple[list[float], list[float]]:
        """The share of the content photo and of the style photo that ``paint`` shows in the colour of each region."""
        # Gaps between several style photos do not count.
        opaque = 1.0 if self.opacity is None else float(self.opacity.mean())
        return seen(self.content).tolist(), (seen(self.style) / opaque).tolist()

    def merge(self, groups: Sequence[Sequence[str]]) -> Regions:
        """Merge the regions of each group into one, which keeps the first label of the group.

        Args:
            groups: labels or names of the regions to merge.

        Raises:
            VerismError: if a label belongs to none of these regions, or is given twice.
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
        # The confidence of a group is the mean over its members, weighted by size.
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
            kept=tuple(label for label in self.kept if label not in named),
        )

    def leave_out(self, labels: Sequence[str]) -> Regions:
        """Set the confidence of some regions to zero, so that they are treated like the rest of the photo.

        Args:
            labels: labels or names of the regions to leave out.

        Raises:
            VerismError: if a label belongs to none of these regions.
        """
        labels = self._known(labels, "--data.leave_out")
        if not labels:
            return self
        others = torch.tensor([label not in labels for label in self.labels])
        added, kept = (tuple(label for label in part if label not in labels) for part in (self.added, self.kept))
        return self._replace(confidence=self.sure * others.to(self.sure), added=added, kept=kept)

    def keep(self, labels: Sequence[str]) -> Regions:
        """Leave some regions as they are in the content photo.

        Args:
            labels: labels or names of the regions to keep.

        Raises:
            VerismError: if a label belongs to none of these regions, or nothing else would be left to grade.
        """
        labels = self._known(labels, "--data.keep")
        if not labels:
            return self
        result = self._replace(kept=tuple(dict.fromkeys([*self.kept, *labels])))
        if float(result.stays.double().mean()) > 1 - SEEN:
            raise VerismError("--data.keep: names all of the photo, which would stay as it is; keep only a part of it.")
        return result

    def _known(self, names: Sequence[str], option: str) -> list[str]:
        """Return the labels of regions; raise ``VerismError``, naming the option, if one belongs to none of these."""
        labels = list(map(label_of, names))
        for label in labels:
            if label not in self.labels:
                raise VerismError(f"{option}: {said(label)} must be one of the regions {self._said}.")
        return labels

    @property
    def _said(self) -> str:
        return ", ".join(map(said, self.labels))

    def painted(self, *strokes: Strokes) -> Regions:
        """Move each painted pixel to the region of its colour. All other pixels keep their region.

        A colour from ``regions.colors`` that no region has creates a new region. A colour painted in both photos is a
        match made by the user, so its confidence is 1. A new region in only one of the photos has no match, so its
        confidence is 0.

        Raises:
            VerismError: if the colour of a stroke is neither that of a region nor one of ``regions.colors``.
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
        """Return the regions after painting over one photo, and the labels that were painted."""
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
        # The columns of the choice that became labels, in the order of the labels.
        kept = [number for number, label in enumerate(choice) if label in wider.labels]
        masks: Tensor = getattr(wider, strokes.role)
        changed = masks.clone()
        changed[0][:, inside.to(masks.device)] = F.one_hot(nearest, len(choice))[:, kept].T.to(masks)
        return (wider._replace(content=changed) if strokes.role == "content" else wider._replace(style=changed)), used

    def _with(self, labels: tuple[str, ...]) -> Regions:
        """Return the regions with further labels, which are still empty in both photos."""
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
        """Remove the transparent pixels of the style photo from the regions.

        A region that is completely transparent has no match, so its confidence becomes 0.

        Args:
            opacity: ``(1, 1, H', W')`` in [0, 1], opacity of the style photo.
        """
        hard = self.style.dtype == torch.bool
        style = self.style & (opacity > VISIBLE) if hard else self.style * opacity
        shown = style.flatten(2).any(dim=2).squeeze(0)
        confidence = self.confidence if bool(shown.all()) else self.sure * shown.to(self.sure)
        return self._replace(style=style, confidence=confidence, opacity=opacity)

    def at(self, content: Sequence[int], style: Sequence[int]) -> Regions:
        """Return the regions resized for other sizes of the photos, given the (height, width) of each."""
        shapes = zip((self.content, self.style), (content, style), strict=True)
        mine, theirs = (
            resize(masks, shape) if masks.dtype == torch.bool else images.resize(masks, shape)
            for masks, shape in shapes
        )
        opacity = None if self.opacity is None else images.resize(self.opacity, style)
        return self._replace(content=mine, style=theirs, opacity=opacity)


def undivided(shape: Sequence[int], opacity: Tensor) -> Regions:
    """Return a single region: the whole content photo, and the opaque part of the style photo.

    Args:
        shape: (height, width) of the content photo.
        opacity: ``(1, 1, H', W')`` in [0, 1], opacity of the style photo.
    """
    everything = torch.ones(1, 1, *shape, dtype=torch.bool)
    return Regions(("#ffffff",), everything, opacity > VISIBLE, opacity=opacity)


class Strokes(NamedTuple):
    """What the user painted over the regions found in one photo.

    Attributes:
        role: the photo.
        mask: the file, for error messages.
        levels: ``(1, 3, H, W)``, RGB in 8-bit levels, at any size.
        where: ``(1, 1, H, W)`` bool, True where a pixel was painted.
    """

    role: Role
    mask: Path
    levels: Tensor
    where: Tensor


class OneMask(NamedTuple):
    """The regions of one photo, whose counterparts in the other photo are not known yet.

    Attributes:
        role: the photo that these regions belong to.
        labels: names of the K regions, as ``#rrggbb`` colours, the most common first.
        masks: ``(1, K, H, W)`` bool, at the size of that photo. Each pixel is in at most one region.
    """

    role: Role
    labels: tuple[str, ...]
    masks: Tensor
