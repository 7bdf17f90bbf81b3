"""Region masks in the form that the region metrics use."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism.losses.term import full_precision
from verism.regions.masks import resize

SMALLEST_REGION = 0.02
"""Share of a photo below which ``drift`` and ``semantic`` leave a region out: so few pixels give noisy figures."""


def masks_at(masks: Tensor, shape: Sequence[int]) -> Tensor:
    """Resize masks ``(1, K, h, w)``, on the CPU, to ``(K, N)``. Bool masks stay bool."""
    masks = masks.detach().cpu()
    if masks.dtype == torch.bool:
        masks = resize(masks, shape)
    else:
        masks = F.interpolate(full_precision(masks), list(shape), mode="area")
    return masks.flatten(2).squeeze(0)


def large_regions(masks: Tensor | None, like: Tensor) -> Tensor:
    """Return the weights ``(K, N)`` of the large enough regions. Whatever is in no region is one more region.

    Args:
        masks: ``(K, N)``, or None for the whole photo.
        like: ``(N,)``, a tensor whose data type the weights get.
    """
    whole = torch.ones_like(like).unsqueeze(0)
    if masks is None:
        return whole
    weights = masks.to(like)
    weights = torch.cat([weights, (1 - weights.sum(dim=0, keepdim=True)).clamp_min(0)])
    large = weights[weights.double().mean(dim=1) >= SMALLEST_REGION]
    return large if len(large) else whole
