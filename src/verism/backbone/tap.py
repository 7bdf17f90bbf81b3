"""Taps: branches of a feature map for the losses, whose gradients need no additional memory."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from verism.first_derivative import first_derivative

Index = tuple[slice, slice]
"""Rows and columns of a feature map."""

ALL: Index = (slice(None), slice(None))
"""All rows and columns."""


def tap(x: Tensor, index: Index = ALL) -> tuple[Tensor, Tensor]:
    """Return ``x`` ``(1, d, h, w)`` for the next layer, and a view of its rows and columns ``index`` for the losses."""
    if torch.compiler.is_compiling():
        return x, x[..., *index]
    on, seen = _Tap.apply(x, index)
    return on, seen


def crop(x: Tensor, index: Index) -> Tensor:
    """Return a view of the rows and columns ``index`` of ``x`` ``(1, d, h, w)``."""
    return tap(x, index)[1]


class _Tap(torch.autograd.Function):
    """Two uses of one feature map, whose gradients are added in the memory of the first.

    For a slice, autograd would create a new map of zeros, in another memory format that all later operations would have
    to convert, and then a third map for the sum of both gradients.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, index: Index) -> tuple[Tensor, Tensor]:
        ctx.set_materialize_grads(False)
        ctx.index = index
        ctx.like = (x.shape, x.dtype, x.device)
        return x.view_as(x), x[..., *index]

    @staticmethod
    @first_derivative
    def backward(ctx: Any, gradient: Tensor | None, seen: Tensor | None) -> tuple[Tensor | None, None]:
        if seen is None:
            return gradient, None
        if gradient is None:
            shape, dtype, device = ctx.like
            gradient = torch.empty(shape, dtype=dtype, device=device, memory_format=torch.channels_last).zero_()
        gradient[..., *ctx.index].add_(seen)
        return gradient, None
