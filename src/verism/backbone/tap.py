"""Taps: where a loss looks at features on their way through the network."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

Index = tuple[slice, slice]
"""Rows and columns of a feature map."""

ALL: Index = (slice(None), slice(None))
"""All of them."""


def tap(x: Tensor, index: Index = ALL) -> tuple[Tensor, Tensor]:
    """Return ``x`` ``(1, d, h, w)``, to go on with, and a view of what is at ``index`` in it, to look at."""
    on, seen = _Tap.apply(x, index)
    return on, seen


def crop(x: Tensor, index: Index) -> Tensor:
    """Return a view of what is at ``index`` in ``x`` ``(1, d, h, w)``."""
    return tap(x, index)[1]


class _Tap(torch.autograd.Function):
    """Two uses of one feature map, whose derivatives are added where the first of them lies.

    A slice's own derivative is a new map, filled with zeros, in another order of dimensions than the rest, which all
    that comes after it then has to convert; and autograd's sum of the two uses is one more.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, index: Index) -> tuple[Tensor, Tensor]:
        ctx.set_materialize_grads(False)
        ctx.index = index
        ctx.like = (x.shape, x.dtype, x.device)
        return x.view_as(x), x[..., *index]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor | None, seen: Tensor | None) -> tuple[Tensor | None, None]:
        if seen is None:
            return gradient, None
        if gradient is None:
            shape, dtype, device = ctx.like
            gradient = torch.empty(shape, dtype=dtype, device=device, memory_format=torch.channels_last).zero_()
        gradient[..., *ctx.index].add_(seen)
        return gradient, None
