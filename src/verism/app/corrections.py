"""A user's corrections of the regions that were found, as options of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism import images, photo_file
from verism.app.glaze import topmost
from verism.app.numbers import numbered
from verism.regions.colors import name_of
from verism.regions.masks import label_colors, paint
from verism.regions.regions import Regions

DIMMED = 0.25
"""Brightness of the regions that are not chosen, if any are chosen."""

PALE = 0.4
"""Lightness of the photo's black below the colours of regions, which would be no colours on black."""

COVER = 0.35, 0.65
"""How much the colours of regions cover the photo, if nothing is sure of a region, and if all is."""

FAINT = 0.5
"""How much the colours of regions cover the photo that is painted over, as a share of that on the maps."""

Role = Literal["content", "style"]
"""One of both photos."""

MASK_NAMES: Mapping[Role, str] = {"content": "regions.png", "style": "regions-style.png"}
"""Names of the files with what was painted over either photo."""


@dataclass(frozen=True)
class Corrections:
    """Corrections of the regions that were found.

    Attributes:
        merged: groups of labels of regions that are merged; each group keeps its first label.
        left_out: labels, after merging, of regions that are treated like the rest of the photo.
        mask: strokes over the regions of the content photo, which is transparent elsewhere; None: there are none.
        style_mask: the same of the style photo.
        painted: labels of the regions that have such strokes.
    """

    merged: tuple[tuple[str, ...], ...] = ()
    left_out: tuple[str, ...] = ()
    mask: Path | None = None
    style_mask: Path | None = None
    painted: tuple[str, ...] = ()

    def merge(self, labels: Sequence[str]) -> Corrections:
        """Return the corrections with further regions merged, each of which may be a merged group already."""
        groups = {group[0]: group for group in self.merged}
        joined = tuple(member for label in labels for member in groups.pop(label, (label,)))
        return replace(
            self,
            merged=(*groups.values(), joined),
            left_out=tuple(label for label in self.left_out if label not in labels),
            painted=tuple(dict.fromkeys(labels[0] if label in labels else label for label in self.painted)),
        )

    def leave_out(self, labels: Sequence[str]) -> Corrections:
        """Return the corrections with further regions left out."""
        return replace(self, left_out=tuple(dict.fromkeys([*self.left_out, *labels])))

    def paint(self, role: Role, mask: Path, labels: Sequence[str]) -> Corrections:
        """Return the corrections with another mask of a photo, in which there are new strokes for some regions."""
        labels = tuple(dict.fromkeys([*self.painted, *labels]))
        if role == "content":
            return replace(self, mask=mask, painted=labels)
        return replace(self, style_mask=mask, painted=labels)

    def strokes(self, role: Role) -> Path | None:
        """Return the mask of a photo; None: there is none."""
        return self.mask if role == "content" else self.style_mask

    def whose(self, label: str) -> str:
        """Return in words what the user has made of a region; empty if it is as it was found."""
        made = {
            "painted": label in self.painted,
            "merged": any(label == group[0] for group in self.merged),
        }
        acts = " and ".join(act for act, is_done in made.items() if is_done)
        return f"as you {acts} it" if acts else ""

    def options(self) -> dict[str, Any]:
        """Return the corrections as options of ``verism fit``; empty if there are none."""
        options = {
            "data.merge": [list(map(name_of, group)) for group in self.merged],
            "data.leave_out": list(map(name_of, self.left_out)),
            "data.content_mask": None if self.mask is None else str(self.mask),
            "data.style_mask": None if self.style_mask is None else str(self.style_mask),
        }
        return {name: value for name, value in options.items() if value}


def shown(photo: Tensor, masks: Tensor, regions: Regions, chosen: Sequence[str], numbers: Mapping[str, int]) -> Tensor:
    """Return a photo under the colours and numbers of its regions; if some are chosen, the others are dimmed.

    Args:
        photo: ``(1, 3, H, W)``, RGB in [0, 1].
        masks: the photo's masks of the regions, ``(1, K, h, w)``, of any size.
        regions: the regions, for their labels and confidence.
        chosen: labels of the chosen regions.
        numbers: of the regions that have one, by their labels.
    """
    masks = images.resize(masks.float(), photo.shape[-2:])
    image = tinted(photo, masks, regions)
    if chosen:
        picked = torch.tensor([label in chosen for label in regions.labels])
        image = image * (DIMMED + (1 - DIMMED) * masks[:, picked].sum(dim=1, keepdim=True)).clamp(0, 1)
    return numbered(image, masks, [numbers.get(label) for label in regions.labels])


def to_paint_over(photo: Tensor, masks: Tensor, regions: Regions, numbers: Mapping[str, int]) -> Tensor:
    """Return a photo under its regions as ``shown`` does, but so that one sees more of the photo."""
    masks = images.resize(masks.float(), photo.shape[-2:])
    image = torch.lerp(images.luma(photo).expand_as(photo), tinted(photo, masks, regions), FAINT)
    return numbered(image, masks, [numbers.get(label) for label in regions.labels])


def tinted(photo: Tensor, masks: Tensor, regions: Regions) -> Tensor:
    """Return a photo in pale grey under the colours of its regions: its own, and its black, would make others of them.

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
    """Return the label of the region with the largest part of a place; None if the place is in no region.

    Args:
        masks: the part of each pixel that is in each of K regions, ``(1, K, h, w)``.
        labels: labels of the regions.
        place: distance from the left and from the top, as shares of width and height, in [0, 1].
    """
    height, width = masks.shape[-2:]
    x, y = (min(int(share * side), side - 1) for share, side in zip(place, (width, height), strict=True))
    most, region = masks[0, :, y, x].float().max(dim=0)
    return labels[int(region)] if float(most) > 0 else None


def layers(mask: Path | None, shape: Sequence[int]) -> Tensor:
    """Return what was painted before, ``(1, 4, h, w)``, RGB and opacity in [0, 1].

    Args:
        mask: the file of it; None: nothing was painted.
        shape: height and width of what is empty.
    """
    if mask is None:
        return torch.zeros(1, 4, *shape)
    photo = photo_file.read(mask)
    opacity = torch.ones_like(photo.pixels[:, :1]) if photo.alpha is None else photo.alpha
    return torch.cat([photo.pixels, opacity], dim=1)


def labels_in(labels: Sequence[str], strokes: Tensor) -> tuple[str, ...]:
    """Return those of the labels in whose colours there are strokes, ``(1, 4, h, w)``, as ``painted`` returns them."""
    used = (strokes[0, :3, strokes[0, 3] > 0].T * 255).round().unique(dim=0)
    return tuple(label for label in labels if bool((used == label_colors([label])).all(dim=1).any()))


def painted(labels: Sequence[str], strokes: Tensor, before: Tensor) -> Tensor:
    """Return what the user has painted over the regions by now, ``(1, 4, h, w)``, RGB and opacity in [0, 1].

    Args:
        labels: labels of the regions; where strokes are over each other, the last counts.
        strokes: what was painted last, ``(1, 4, H, W)``, RGB and opacity in [0, 1], of any size.
        before: what was painted before, as it is returned here.
    """
    palette = label_colors(labels) / 255
    top = topmost(strokes, palette)
    top = F.interpolate(top.float()[None, None], before.shape[-2:], mode="nearest")[0, 0].long()
    colors = palette[top.clamp_min(0)].permute(2, 0, 1).unsqueeze(0)
    here = (top >= 0).view(1, 1, *before.shape[-2:])
    return torch.where(here, torch.cat([colors, here.float()], dim=1), before)
