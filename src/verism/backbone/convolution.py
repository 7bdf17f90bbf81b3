"""A convolution with a frozen kernel."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional as F  # noqa: N812


def frozen_convolution(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Return the 3×3 convolution of ``x`` ``(1, d, H, W)``, zero-padded to its size, of the type of ``weight``.

    Args:
        x: may need a derivative.
        weight: ``(e, d, 3, 3)``, which has none.
        bias: ``(e,)``, likewise.
    """
    result: Tensor = _FrozenConvolution.apply(x.to(weight.dtype), weight, bias)
    return result


class _FrozenConvolution(torch.autograd.Function):
    """What ``conv2d`` computes, and its derivative with respect to the image alone.

    ``conv2d`` keeps its input for the backward pass even if only the kernel's derivative, which nobody asks for, is
    made of it. Without, the maps behind poolings and behind layers that a loss looks at live as long as it takes to
    compute the next: a quarter of what a step of the paper's would keep.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(weight)
        return F.conv2d(x, weight, bias, padding=1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        (weight,) = ctx.saved_tensors
        return F.conv_transpose2d(gradient, weight, padding=1), None, None
