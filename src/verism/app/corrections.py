"""The user's corrections of found regions, as options of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism import images, photo_file
from verism.app.glaze import topmost
from verism.app.numbers import numbered
from verism.regions.colors import name_of
from verism.regions.masks import label_colors, paint
from verism.regions.regions import Regions
from verism.role import Role

DIMMED = 0.25
"""Brightness of unselected regions while others are selected."""

PALE = 0.4
"""Lightness of the photo's black under the colours of regions. Black would hide the colours."""

COVER = 0.35, 0.65
"""Opacity of the region colours over the photo at confidence 0 and 1."""

FAINT = 0.5
"""Opacity of the region colours while painting, relative to that on the maps."""

MASK_NAMES: Mapping[Role, str] = {"content": "regions.png", "style": "regions-style.png"}
"""Names of the files with the strokes painted over each photo."""


@dataclass(frozen=True)
class Corrections:
    """Corrections of found regions.

    Attributes:
        merged: groups of labels of merged regions. Each group keeps its first label.
        left_out: labels, after merging, of regions that are treated like the rest of the photo.
        kept: labels, after merging, of regions that stay as they are in the photo.
        mask: file with strokes over the regions of the content photo, transparent elsewhere. None if there are none.
        style_mask: the same for the style photo.
        painted: labels of the regions that have such strokes.
    """

    merged: tuple[tuple[str, ...], ...] = ()
    left_out: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    mask: Path | None = None
    style_mask: Path | None = None
    painted: tuple[str, ...] = ()

    def merge(self, labels: Sequence[str]) -> Corrections:
        """Merge further regions, which may already be merged groups, and return the new corrections."""
        groups = {group[0]: group for group in self.merged}
        joined = tuple(member for label in labels for member in groups.pop(label, (label,)))
        return replace(
            self,
            merged=(*groups.values(), joined),
            left_out=_without(self.left_out, labels),
            kept=_without(self.kept, labels),
            painted=tuple(dict.fromkeys(labels[0] if label in labels else label for label in self.painted)),
        )

    def leave_out(self, labels: Sequence[str]) -> Corrections:
        """Leave out further regions, and return the new corrections."""
        return replace(self, left_out=_with(self.left_out, labels), kept=_without(self.kept, labels))

    def keep(self, labels: Sequence[str]) -> Corrections:
        """Leave further regions as they are in the photo, and return the new corrections."""
        return replace(self, kept=_with(self.kept, labels), left_out=_without(self.left_out, labels))

    def paint(self, role: Role, mask: Path, labels: Sequence[str]) -> Corrections:
        """Replace the mask of a photo, which has new strokes for some regions, and return the new corrections."""
        labels = tuple(dict.fromkeys([*self.painted, *labels]))
        if role == "content":
            return replace(self, mask=mask, painted=labels)
        return replace(self, style_mask=mask, painted=labels)

    def strokes(self, role: Role) -> Path | None:
        """Return the mask of a photo, or None if there is none."""
        return self.mask if role == "content" else self.style_mask

    def whose(self, label: str) -> str:
        """Describe what the user has changed about a region. Empty if it is as it was found."""
        made = {
            "painted": label in self.painted,
            "merged": any(label == group[0] for group in self.merged),
        }
        acts = " and ".join(act for act, is_done in made.items() if is_done)
        return f"as you {acts} it" if acts else ""

    def options(self) -> dict[str, Any]:
        """Return the corrections as options of ``verism fit``. Empty if there are none."""
        options = {
            "data.merge": [list(map(name_of, group)) for group in self.merged],
            "data.leave_out": list(map(name_of, self.left_out)),
            "data.keep": list(map(name_of, self.kept)),
            "data.content_mask": None if self.mask is None else str(self.mask),
            "data.style_mask": None if self.style_mask is None else str(self.style_mask),
        }
        return {name: value for name, value in options.items() if value}


def _with(some: tuple[str, ...], labels: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*some, *labels]))


def _without(some: tuple[str, ...], labels: Sequence[str]) -> tuple[str, ...]:
    return tuple(label for label in some if label not in labels)


def shown(photo: Tensor, masks: Tensor, regions: Regions, chosen: Sequence[str], numbers: Mapping[str, int]) -> Tensor:
    """Overlay a photo with the colours and numbers of its regions. If some are selected, the others are dimmed.

    Args:
        photo: ``(1, 3, H, W)``, RGB in [0, 1].
        masks: the photo's masks of the regions, ``(1, K, h, w)``, of any size.
        regions: the regions, for their labels and confidence.
        chosen: labels of the selected regions.
        numbers: numbers of the regions that have one, by label.
    """
    masks = images.resize(masks.float(), photo.shape[-2:])
    image = tinted(photo, masks, regions)
    if chosen:
        picked = torch.tensor([label in chosen for label in regions.labels])
        image = image * (DIMMED + (1 - DIMMED) * masks[:, picked].sum(dim=1, keepdim=True)).clamp(0, 1)
    return numbered(image, masks, [numbers.get(label) for label in regions.labels])


def to_paint_over(photo: Tensor, masks: Tensor, regions: Regions, numbers: Mapping[str, int]) -> Tensor:
    """Overlay a photo with its regions like ``shown``, but so that more of the photo is visible."""
    masks = images.resize(masks.float(), photo.shape[-2:])
    image = torch.lerp(images.luma(photo).expand_as(photo), tinted(photo, masks, regions), FAINT)
    return numbered(image, masks, [numbers.get(label) for label in regions.labels])


def tinted(photo: Tensor, masks: Tensor, regions: Regions) -> Tensor:
    """Return a photo in pale grey under the region colours, which its own colours and black would change.

    Args:
        photo: ``(1, 3, H, W)``, RGB in [0, 1].
        masks: the photo's masks of the regions, ``(1, K, H, W)``.
        regions: the regions, for their labels and confidence.
    """
    colors = paint(masks.to(photo), regions.labels)
    sure = torch.einsum("bkhw,k->bhw", masks.to(photo), regions.sure.to(photo)).unsqueeze(1)
    grey = PALE + (1 - PALE) * images.luma(photo).expand_as(photo)
    return torch.lerp(grey, colors, COVER[0] + (COVER[1] - COVER[0]) * sure)


def region_at(masks: Tensor, labels: Sequence[str], place: tuple[float, float]) -> str | None:
    """Return the label of the region that covers most of a place, or None if the place is in no region.

    Args:
        masks: the share of each pixel in each of K regions, ``(1, K, h, w)``.
        labels: labels of the regions.
        place: distance from the left and from the top, as shares of width and height, in [0, 1].
    """
    height, width = masks.shape[-2:]
    x, y = (min(int(share * side), side - 1) for share, side in zip(place, (width, height), strict=True))
    most, region = masks[0, :, y, x].float().max(dim=0)
    return labels[int(region)] if float(most) > 0 else None


def layers(mask: Path | None, shape: Sequence[int]) -> Tensor:
    """Return what was painted so far, ``(1, 4, h, w)``, RGB and opacity in [0, 1].

    Args:
        mask: the file with it. None if nothing was painted.
        shape: (height, width) of the empty result in that case.
    """
    if mask is None:
        return torch.zeros(1, 4, *shape)
    photo = photo_file.read(mask)
    opacity = torch.ones_like(photo.pixels[:, :1]) if photo.alpha is None else photo.alpha
    return torch.cat([photo.pixels, opacity], dim=1)


def labels_in(labels: Sequence[str], strokes: Tensor) -> tuple[str, ...]:
    """Return the labels whose colours occur in strokes ``(1, 4, h, w)``, as returned by ``painted``."""
    used = (strokes[0, :3, strokes[0, 3] > 0].T * 255).round().unique(dim=0)
    return tuple(label for label in labels if bool((used == label_colors([label])).all(dim=1).any()))


def painted(labels: Sequence[str], strokes: Tensor, before: Tensor) -> Tensor:
    """Combine earlier and new strokes over the regions: ``(1, 4, h, w)``, RGB and opacity in [0, 1].

    Args:
        labels: labels of the regions. Where strokes overlap, the topmost counts.
        strokes: the new strokes, ``(1, 4, H, W)``, RGB and opacity in [0, 1], of any size.
        before: the earlier strokes, as returned by this function.
    """
    palette = label_colors(labels) / 255
    top = topmost(strokes, palette)
    top = F.interpolate(top.float()[None, None], before.shape[-2:], mode="nearest")[0, 0].long()
    colors = palette[top.clamp_min(0)].permute(2, 0, 1).unsqueeze(0)
    here = (top >= 0).view(1, 1, *before.shape[-2:])
    return torch.where(here, torch.cat([colors, here.float()], dim=1), before)
