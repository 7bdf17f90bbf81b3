"""What a user changes about the regions that were found, as options of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism import images
from verism.callbacks.region_map import overlay
from verism.regions.masks import Regions, paint

DIMMED = 0.25
"""Brightness of what is not chosen, while something is."""

OPAQUE = 0.5
"""Opacity from which on a stroke of the brush counts."""


@dataclass(frozen=True)
class Corrections:
    """What is changed about the regions that were found.

    Attributes:
        merged: groups of regions that are one, which has the first one's label.
        left_out: labels, after merging, of regions that are treated like the rest of the photo.
        mask: a label image of the content photo in the place of what was found; None: what was found.
    """

    merged: tuple[tuple[str, ...], ...] = ()
    left_out: tuple[str, ...] = ()
    mask: Path | None = None

    def merge(self, labels: Sequence[str]) -> Corrections:
        """Return them with regions merged, of which each may be a group already."""
        groups = {group[0]: group for group in self.merged}
        joined = tuple(member for label in labels for member in groups.pop(label, (label,)))
        return replace(
            self,
            merged=(*groups.values(), joined),
            left_out=tuple(label for label in self.left_out if label not in labels),
        )

    def leave_out(self, labels: Sequence[str]) -> Corrections:
        """Return them with further regions left out."""
        return replace(self, left_out=tuple(dict.fromkeys([*self.left_out, *labels])))

    def options(self) -> dict[str, Any]:
        """Return the options of ``verism fit`` that say the same; none if nothing was changed."""
        options = {
            "data.merge": [list(group) for group in self.merged],
            "data.leave_out": list(self.left_out),
            "data.content_mask": None if self.mask is None else str(self.mask),
        }
        return {name: value for name, value in options.items() if value}


def shown(photo: Tensor, masks: Tensor, regions: Regions, chosen: Sequence[str]) -> Tensor:
    """Return a photo under the colours of its regions; what is not chosen is dimmed, if anything is.

    Args:
        photo: ``(1, 3, H, W)``, RGB in [0, 1].
        masks: ``(1, K, h, w)``, its own of the regions, of any size.
        regions: whose labels and confidence count.
        chosen: labels.
    """
    masks = images.resize(masks.float(), photo.shape[-2:])
    image = overlay(photo, masks, regions)
    if not chosen:
        return image
    picked = torch.tensor([label in chosen for label in regions.labels])
    return image * (DIMMED + (1 - DIMMED) * masks[:, picked].sum(dim=1, keepdim=True)).clamp(0, 1)


def region_at(masks: Tensor, labels: Sequence[str], place: tuple[float, float]) -> str | None:
    """Return the label of the region that has most of a place; None if none has any.

    Args:
        masks: ``(1, K, h, w)``.
        labels: of the K regions.
        place: from left and from top, as shares of width and height.
    """
    height, width = masks.shape[-2:]
    x, y = (min(int(share * side), side - 1) for share, side in zip(place, (width, height), strict=True))
    most, region = masks[0, :, y, x].float().max(dim=0)
    return labels[int(region)] if float(most) > 0 else None


def painted(regions: Regions, strokes: Tensor) -> Tensor:
    """Return the content photo's label image, ``(1, 3, h, w)`` RGB in [0, 1], after a brush has been at it.

    Args:
        regions: before.
        strokes: ``(1, 4, H, W)``, RGB and opacity in [0, 1]; of any size, and in the regions' colours, to the nearest
            of which they are taken.
    """
    before = paint(regions.content, regions.labels)
    strokes = F.interpolate(strokes, before.shape[-2:], mode="nearest")
    palette = torch.tensor([[int(label[at : at + 2], 16) / 255 for at in (1, 3, 5)] for label in regions.labels])
    nearest = torch.cdist(strokes[0, :3].flatten(1).T, palette).argmin(dim=1)
    colors = palette[nearest].T.view(1, 3, *before.shape[-2:])
    return torch.where(strokes[:, 3:] >= OPAQUE, colors, before)


def repainted(regions: Regions, label_image: Tensor) -> Regions:
    """Return the regions as a label image of the content photo has them, without those it has not; the style's stay."""
    levels = (label_image * 255).round()
    colors = torch.tensor([[int(label[at : at + 2], 16) for at in (1, 3, 5)] for label in regions.labels])
    content = (levels.unsqueeze(1) == colors.view(1, -1, 3, 1, 1)).all(dim=2)
    left = content.flatten(2).any(dim=2).squeeze(0)
    labels = tuple(label for label, kept in zip(regions.labels, left.tolist(), strict=True) if kept)
    return regions._replace(
        labels=labels, content=content[:, left].float(), style=regions.style[:, left], confidence=regions.sure[left]
    )
