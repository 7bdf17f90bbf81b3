"""Masks as tensors, with one channel per region, either bool or in [0, 1]."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from PIL import ImageColor
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

ROUNDS = 10
"""Maximum number of attempts at enlarging masks so that shrinking restores them. Masks of photos needed five."""


def paint(masks: Tensor, labels: Sequence[str]) -> Tensor:
    """Return the label image of regions, ``(1, 3, H, W)``, RGB in [0, 1].

    Args:
        masks: ``(1, K, H, W)``, hard or soft. A pixel gets the colour of the region that covers most of it, or black
            if no region covers as much of it as is left uncovered.
        labels: K colours, as ``#rrggbb``.
    """
    colors = torch.cat([label_colors(labels) / 255, torch.zeros(1, 3)]).to(masks.device)
    return colors[winners(masks)].permute(0, 3, 1, 2)


def winners(masks: Tensor) -> Tensor:
    """Return the index of the region that covers most of each pixel, ``(1, H, W)`` int64.

    The index is K where no region covers as much of the pixel as is left uncovered.

    Args:
        masks: ``(1, K, H, W)``, hard or soft.
    """
    none = (1 - masks.float().sum(dim=1, keepdim=True)).clamp_min(0)
    return torch.cat([masks.float(), none], dim=1).argmax(dim=1)


def seen(masks: Tensor) -> Tensor:
    """Return the share of a photo that ``paint`` shows in the colour of each region, ``(K,)`` float64.

    A soft region gets no credit for pixels where another region covers more.

    Args:
        masks: ``(1, K, H, W)``, hard or soft.
    """
    winner = winners(masks)
    return torch.bincount(winner.flatten(), minlength=masks.shape[1] + 1)[:-1].double() / winner.numel()


def enlarged(masks: Tensor, shape: Sequence[int]) -> Tensor:
    """Enlarge masks to hard ones with smooth borders, bool, which ``resize`` shrinks back to the original masks.

    Soft masks place borders at subpixel positions. Thin parts get back what they would lose to their neighbours.

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
    """Resize hard or soft masks ``(1, K, H, W)`` to hard masks, bool.

    Each position goes to the region that covers most of it, or to no region if most of it is uncovered. In a tie, the
    first region wins. A region that wins no position vanishes.

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
    """Return the colours of ``#rrggbb`` labels, ``(K, 3)`` float32, in 8-bit RGB."""
    return torch.tensor([ImageColor.getrgb(label) for label in labels], dtype=torch.float32).view(-1, 3)
