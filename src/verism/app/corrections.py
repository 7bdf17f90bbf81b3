"""A user's corrections of the regions that were found, as options of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism import images, photo_file
from verism.callbacks.region_map import overlay
from verism.regions.masks import Regions, label_colors

DIMMED = 0.25
"""Brightness of the regions that are not chosen, if any are chosen."""

OPAQUE = 0.5
"""Opacity from which on a pixel of a brush stroke counts."""


@dataclass(frozen=True)
class Corrections:
    """Corrections of the regions that were found.

    Attributes:
        merged: groups of labels of regions that are merged; each group keeps its first label.
        left_out: labels, after merging, of regions that are treated like the rest of the photo.
        mask: strokes over the regions of the content photo, which is transparent elsewhere; None: there are none.
    """

    merged: tuple[tuple[str, ...], ...] = ()
    left_out: tuple[str, ...] = ()
    mask: Path | None = None

    def merge(self, labels: Sequence[str]) -> Corrections:
        """Return the corrections with further regions merged, each of which may be a merged group already."""
        groups = {group[0]: group for group in self.merged}
        joined = tuple(member for label in labels for member in groups.pop(label, (label,)))
        return replace(
            self,
            merged=(*groups.values(), joined),
            left_out=tuple(label for label in self.left_out if label not in labels),
        )

    def leave_out(self, labels: Sequence[str]) -> Corrections:
        """Return the corrections with further regions left out."""
        return replace(self, left_out=tuple(dict.fromkeys([*self.left_out, *labels])))

    def options(self) -> dict[str, Any]:
        """Return the corrections as options of ``verism fit``; empty if there are none."""
        options = {
            "data.merge": [list(group) for group in self.merged],
            "data.leave_out": list(self.left_out),
            "data.content_mask": None if self.mask is None else str(self.mask),
        }
        return {name: value for name, value in options.items() if value}


def shown(photo: Tensor, masks: Tensor, regions: Regions, chosen: Sequence[str]) -> Tensor:
    """Return a photo under the colours of its regions; if some are chosen, the others are dimmed.

    Args:
        photo: ``(1, 3, H, W)``, RGB in [0, 1].
        masks: the photo's masks of the regions, ``(1, K, h, w)``, of any size.
        regions: the regions, for their labels and confidence.
        chosen: labels of the chosen regions.
    """
    masks = images.resize(masks.float(), photo.shape[-2:])
    image = overlay(photo, masks, regions)
    if not chosen:
        return image
    picked = torch.tensor([label in chosen for label in regions.labels])
    return image * (DIMMED + (1 - DIMMED) * masks[:, picked].sum(dim=1, keepdim=True)).clamp(0, 1)


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
        shape: height and width of the regions.
    """
    if mask is None:
        return torch.zeros(1, 4, *shape)
    photo = photo_file.read(mask)
    opacity = torch.ones_like(photo.pixels[:, :1]) if photo.alpha is None else photo.alpha
    return torch.cat([photo.pixels, opacity], dim=1)


def painted(labels: Sequence[str], strokes: Tensor, before: Tensor) -> Tensor:
    """Return what the user has painted over the regions by now, ``(1, 4, h, w)``, RGB and opacity in [0, 1].

    Args:
        labels: labels of the regions; each colour counts as the nearest of theirs.
        strokes: what was painted last, ``(1, 4, H, W)``, RGB and opacity in [0, 1], of any size.
        before: what was painted before, as it is returned here.
    """
    strokes = F.interpolate(strokes, before.shape[-2:], mode="nearest")
    palette = label_colors(labels) / 255
    nearest = torch.cdist(strokes[0, :3].flatten(1).T, palette).argmin(dim=1)
    colors = palette[nearest].T.view(1, 3, *before.shape[-2:])
    here = strokes[:, 3:] >= OPAQUE
    return torch.where(here, torch.cat([colors, here.float()], dim=1), before)
