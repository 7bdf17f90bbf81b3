"""Activations: the elementwise function after each convolution."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from verism.errors import VerismError
from verism.first_derivative import first_derivative


class Activation(nn.Module):
    """An elementwise function that can overwrite its input.

    Attributes:
        function: the module, with its own ``inplace`` turned off.
    """

    def __init__(self, function: nn.Module) -> None:
        """Copy the function.

        Args:
            function: any elementwise module without parameters.

        Raises:
            VerismError: if the function has parameters, or is not elementwise.
        """
        super().__init__()
        _check_elementwise(function)
        self.function = copy.deepcopy(function)
        if hasattr(function, "inplace"):
            # Features requested by a loss must not be overwritten, whatever the caller set.
            self.function.inplace = False  # type: ignore[assignment]
        self._slope = _slope(function)

    def forward(self, x: Tensor, *, overwrite: bool) -> Tensor:
        """Apply the function to ``x``, of any shape.

        Args:
            x: the input.
            overwrite: whether the input may be overwritten, because nothing else needs it.
        """
        if self._slope is None or torch.compiler.is_compiling():
            result: Tensor = self.function(x)
        else:
            result = _Leaky.apply(x, self._slope, overwrite)
        return result


class _Leaky(torch.autograd.Function):
    """LeakyReLU, and ReLU (slope 0), with less memory than in torch.

    If the input may be overwritten, the output replaces it, and its sign is enough for the derivative. The backward
    pass also overwrites the gradient, since that of a convolution's output is used nowhere else (``tap``). This saves a
    copy of each feature map, 82 MB at 600×1066 in bfloat16.
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
    @first_derivative
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        (signed,) = ctx.saved_tensors
        torch.ops.aten.leaky_relu_backward.grad_input(gradient, signed, ctx.slope, True, grad_input=gradient)
        return gradient, None, None


def _slope(function: nn.Module) -> float | None:
    """Return the negative slope of a ReLU or LeakyReLU, whose output's sign gives the derivative; None for others."""
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
