"""Activations: the elementwise function behind every convolution."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F  # noqa: N812

from verism.errors import VerismError


class Activation(nn.Module):
    """An elementwise function, which overwrites its input where it may and can.

    Attributes:
        function: the module, without its own way of overwriting.
    """

    def __init__(self, function: nn.Module) -> None:
        """Take a copy of ``function``.

        Raises:
            VerismError: it has parameters, or is not elementwise.
        """
        super().__init__()
        _check_elementwise(function)
        self.function = copy.deepcopy(function)
        if hasattr(function, "inplace"):
            # What was asked for must not be overwritten, whatever the caller set.
            self.function.inplace = False  # type: ignore[assignment]
        self._slope = _slope(function)

    def forward(self, x: Tensor, *, overwrite: bool) -> Tensor:
        """Return the function of ``x``, of any shape.

        Args:
            x: the input.
            overwrite: whether nobody needs the input any more.
        """
        if self._slope is None:
            result: Tensor = self.function(x)
        else:
            result = _Leaky.apply(x, self._slope, overwrite)
        return result


class _Leaky(torch.autograd.Function):
    """LeakyReLU, and ReLU, whose slope is 0.

    Where the input may go, the output takes its place, and its sign tells the derivative. On the way back, the
    gradient is multiplied where it lies: what comes back to a convolution's output was made for it alone (``tap``), so
    that autograd's copy of each feature map, 82 MB at 600×1066 in bfloat16, is saved.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, slope: float, overwrite: bool) -> Tensor:
        if overwrite:
            ctx.mark_dirty(x)
            result = F.leaky_relu_(x, slope)
        else:
            result = F.leaky_relu(x, slope)
        ctx.save_for_backward(result if overwrite else x)
        ctx.slope = slope
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        (signed,) = ctx.saved_tensors
        torch.ops.aten.leaky_relu_backward.grad_input(gradient, signed, ctx.slope, True, grad_input=gradient)
        return gradient, None, None


def _slope(function: nn.Module) -> float | None:
    """Return the slope below zero of a function whose derivative can be read off its output's sign; else None."""
    if type(function) is nn.ReLU:
        return 0.0
    if type(function) is nn.LeakyReLU and function.negative_slope >= 0:
        return function.negative_slope
    return None


def _check_elementwise(activation: nn.Module) -> None:
    name = type(activation).__name__
    if next(activation.parameters(), None) is not None:
        raise VerismError(
            f"--model.backbone.activation {name} has trainable parameters, but the image must be the only one: "
            "choose an activation without, such as torch.nn.LeakyReLU."
        )
    probe = torch.linspace(-2, 2, 48).view(1, 3, 4, 4)
    try:
        whole, single = activation(probe), activation(probe.flatten()).view_as(probe)
        elementwise = torch.allclose(whole, single)
    except (RuntimeError, TypeError, IndexError, ValueError, NotImplementedError):
        elementwise = False
    if not elementwise:
        raise VerismError(
            f"--model.backbone.activation {name} is not an elementwise function of one tensor: choose one that is, "
            "such as torch.nn.LeakyReLU."
        )
