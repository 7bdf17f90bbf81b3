"""Masks as tensors: a channel for each region, from 0 to 1 or bool."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from PIL import ImageColor
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

ROUNDS = 10
"""Most attempts at enlarged masks that give the same back: those of photos took five."""


def paint(masks: Tensor, labels: Sequence[str]) -> Tensor:
    """Return the label image of regions, ``(1, 3, H, W)``, RGB in [0, 1].

    Args:
        masks: ``(1, K, H, W)``, hard or soft. A pixel gets the colour of the region that covers the most of it, or
            black where no region covers as much as is left.
        labels: K colours, as ``#rrggbb``.
    """
    colors = torch.cat([label_colors(labels) / 255, torch.zeros(1, 3)]).to(masks.device)
    return colors[winners(masks)].permute(0, 3, 1, 2)


def winners(masks: Tensor) -> Tensor:
    """Return the number of the region that covers the most of each pixel, ``(1, H, W)`` int64, from 0.

    It is K where no region covers as much as is left.

    Args:
        masks: ``(1, K, H, W)``, hard or soft.
    """
    none = (1 - masks.float().sum(dim=1, keepdim=True)).clamp_min(0)
    return torch.cat([masks.float(), none], dim=1).argmax(dim=1)


def seen(masks: Tensor) -> Tensor:
    """Return the share of a photo that is seen in the colour of each region, ``(K,)`` float64, as ``paint`` shows it.

    What a soft region has of places where another covers more does not count for it.

    Args:
        masks: ``(1, K, H, W)``, hard or soft.
    """
    winner = winners(masks)
    return torch.bincount(winner.flatten(), minlength=masks.shape[1] + 1)[:-1].double() / winner.numel()


def enlarged(masks: Tensor, shape: Sequence[int]) -> Tensor:
    """Return hard masks of a larger size, bool, with smooth borders, from which ``resize`` gives the same back.

    Soft masks place the borders within the pixels. What a thin part would lose to its neighbours is given back.

    Args:
        masks: ``(1, K, H, W)``, hard or soft.
        shape: (height, width) of the result.
    """
    here = masks.shape[-2:]
    hard = resize(masks, here)
    drawn = (masks.float() + hard.float()) / 2
    for _ in range(ROUNDS):
        result = _hard(winners(F.interpolate(drawn, list(shape), mode="bilinear")), masks.shape[1])
        again = resize(result, here)
        if torch.equal(again, hard):
            break
        drawn = drawn + hard.float() - again.float()
    return result


def _hard(winner: Tensor, count: int) -> Tensor:
    return winner.unsqueeze(1) == torch.arange(count, device=winner.device).view(1, -1, 1, 1)


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
    return _hard(torch.cat([covered, none], dim=1).argmax(dim=1), masks.shape[1])


def label_colors(labels: Sequence[str]) -> Tensor:
    """Return the colours of labels, ``#rrggbb`` each: ``(K, 3)`` float32, in 8-bit RGB."""
    return torch.tensor([ImageColor.getrgb(label) for label in labels], dtype=torch.float32).view(-1, 3)
