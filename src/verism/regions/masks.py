"""Masks as tensors: a channel for each region, from 0 to 1 or bool."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from PIL import ImageColor
from torch import Tensor
from torch.nn import functional as F  # noqa: N812


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


def label_colors(labels: Sequence[str]) -> Tensor:
    """Return the colours of labels, ``#rrggbb`` each: ``(K, 3)`` float32, in 8-bit RGB."""
    return torch.tensor([ImageColor.getrgb(label) for label in labels], dtype=torch.float32).view(-1, 3)
