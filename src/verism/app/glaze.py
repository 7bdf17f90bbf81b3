"""Translucent paint: finds which colour is on top where strokes overlap."""

from __future__ import annotations

import itertools
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

OPACITY = 0.7
"""Opacity of a stroke. It is the lowest at which no two stacks of up to four strokes, in the eight region colours and
with different colours on top, mix to colours that are equal at 8 bits."""

DEEPEST = 4
"""Number of overlapping strokes that are told apart. Anything below them hardly shows."""

LEAST = OPACITY / 2
"""Opacity from which a pixel counts as painted."""

NEAR = 6 / 255
"""Distance, in colour times opacity, up to which a pixel is a mixture of strokes. Others are at an edge."""


def topmost(strokes: Tensor, palette: Tensor) -> Tensor:
    """Return the index of the topmost colour at each pixel, ``(H, W)``, and -1 where nothing is painted.

    Pixels at the edge of a stroke mix the colours on both sides, and get the nearest recognised one.

    Args:
        strokes: ``(1, 4, H, W)``, RGB and opacity in [0, 1], of strokes that are opaque or have ``OPACITY``.
        palette: ``(K, 3)``, RGB in [0, 1], the colours of the strokes.
    """
    opacity = strokes[0, 3]
    is_painted = opacity >= LEAST
    found = torch.full(opacity.shape, -1)
    if not bool(is_painted.any()):
        return found
    colors = torch.cat([strokes[0, :3] * opacity, opacity.unsqueeze(0)])[:, is_painted].T
    distinct, which = (colors * 255).round().unique(dim=0, return_inverse=True)
    mixtures, tops = _mixtures(tuple(map(tuple, palette.tolist())))
    nearest = [torch.cdist(part, mixtures).min(dim=1) for part in (distinct / 255).split(256)]
    away = torch.cat([it.values for it in nearest])
    top = tops[torch.cat([it.indices for it in nearest])]
    found[is_painted] = torch.where(away <= NEAR, top, -1)[which]
    return _filled(found, top[which], is_painted)


@cache
def _mixtures(palette: tuple[tuple[float, ...], ...]) -> tuple[Tensor, Tensor]:
    """Return the mixtures of overlapping strokes, as colour times opacity and opacity, and their topmost colours."""
    colors = torch.cat([torch.tensor(palette), torch.ones(len(palette), 1)], dim=1)
    # Paint from another program, or from a browser without transparency, is opaque.
    mixtures, tops = [colors], [torch.arange(len(palette))]
    for depth in range(1, DEEPEST + 1):
        order = torch.tensor(list(itertools.product(range(len(palette)), repeat=depth)))
        mixed = torch.zeros(len(order), 4)
        for layer in order.T:
            mixed = torch.lerp(mixed, colors[layer], OPACITY)
        mixtures.append(mixed)
        tops.append(order[:, -1])
    return torch.cat(mixtures), torch.cat(tops)


def _filled(found: Tensor, otherwise: Tensor, is_painted: Tensor) -> Tensor:
    """Fill in painted pixels that have no index from their neighbours, from all sides inwards."""
    while bool((empty := is_painted & (found < 0)).any()):
        grown = F.max_pool2d(found.float()[None, None], 3, stride=1, padding=1)[0, 0].long()
        if not bool((grown[empty] >= 0).any()):
            # No pixel is a mixture of strokes.
            whole = found.clone()
            whole[is_painted] = torch.where(found[is_painted] < 0, otherwise, found[is_painted])
            return whole
        found = torch.where(empty, grown, found)
    return found
