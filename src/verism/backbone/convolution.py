"""A convolution with a frozen kernel."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism.first_derivative import first_derivative


def frozen_convolution(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Return the 3×3 convolution of ``x`` ``(1, d, H, W)``, zero-padded to the same size, in the type of ``weight``.

    Args:
        x: the input. Only the input gets a derivative.
        weight: ``(e, d, 3, 3)``.
        bias: ``(e,)``.
    """
    x = x.to(weight.dtype)
    if torch.compiler.is_compiling():
        return F.conv2d(x, weight, bias, padding=1)
    result: Tensor = _FrozenConvolution.apply(x, weight, bias)
    return result


class _FrozenConvolution(torch.autograd.Function):
    """``conv2d`` that is only differentiable with respect to its input.

    torch's ``conv2d`` keeps its input for the backward pass, even though only the derivative of the kernel, which is
    not needed, uses it. Here, feature maps after poolings and after layers that a loss uses are freed as soon as the
    next map is computed. This saves a quarter of the memory of a step in the paper's configuration.
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
