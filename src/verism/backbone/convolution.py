"""A convolution with a frozen kernel."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism.first_derivative import first_derivative


def frozen_convolution(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Return the 3×3 convolution of ``x`` ``(1, d, H, W)``, zero-padded to its size, of the type of ``weight``.

    Args:
        x: the input; only it gets a derivative.
        weight: ``(e, d, 3, 3)``.
        bias: ``(e,)``.
    """
    x = x.to(weight.dtype)
    if torch.compiler.is_compiling():
        return F.conv2d(x, weight, bias, padding=1)
    result: Tensor = _FrozenConvolution.apply(x, weight, bias)
    return result


class _FrozenConvolution(torch.autograd.Function):
    """``conv2d`` with a derivative with respect to its input alone.

    torch's ``conv2d`` keeps its input for the backward pass, though only the kernel's derivative, which is not wanted,
    needs it. Without it, feature maps after poolings and after layers that a loss has asked for are freed as soon as
    the next map is computed: a quarter of the memory that a step of the paper's configuration would keep.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(weight)
        return F.conv2d(x, weight, bias, padding=1)

    @staticmethod
    @first_derivative
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        (weight,) = ctx.saved_tensors
        return F.conv_transpose2d(gradient, weight, padding=1), None, None
