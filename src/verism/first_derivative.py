"""Autograd functions that can be differentiated only once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch.autograd.function import once_differentiable

from verism.errors import VerismError

Gradients = TypeVar("Gradients")
"""What a ``backward`` returns: one derivative, or one per argument of ``forward``."""


def first_derivative(backward: Callable[..., Gradients]) -> Callable[..., Gradients]:
    """Mark the ``backward`` of an autograd function that cannot be differentiated twice, and make an attempt an error.

    torch's own ``once_differentiable`` treats the derivative as a constant if the incoming gradient is one, as that of
    a loss is. A second derivative, such as that of a gradient penalty, would then silently be 0.

    Raises:
        VerismError: raised by ``backward`` if it is called with ``create_graph=True``.
    """
    once = once_differentiable(backward)

    @functools.wraps(backward)
    def checked(ctx: Any, *gradients: Any) -> Gradients:
        if torch.is_grad_enabled() and not torch.compiler.is_compiling():
            raise VerismError(
                "create_graph=True: verism's networks and losses have first derivatives only, which take less memory "
                "and time; leave it out, or use a network of your own (docs/extending.md)."
            )
        return once(ctx, *gradients)

    return checked
