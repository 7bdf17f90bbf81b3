"""Communication between processes that share an image, as differentiable functions."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, distributed

from verism.first_derivative import first_derivative
from verism.tiling.boxes import Box, whole
from verism.tiling.statistics import Statistics, leaves, with_leaves


def own_part(image: Tensor, frame: Box) -> Tensor:
    """Return this process's part of an image; its derivative is the sum of the derivatives of all processes.

    Args:
        image: ``(1, 3, H, W)``, the whole image, the same in every process.
        frame: the part, in pixels; the parts of different processes may overlap.
    """
    result: Tensor = _OwnPart.apply(image, frame)
    return result


def of_all(statistics: Statistics, device: torch.device) -> Statistics:
    """Return the sum of statistics over all processes; counts become tensors on ``device``."""
    return with_leaves(statistics, _OfAll.apply(*leaves(statistics, device)))


class _OwnPart(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, image: Tensor, frame: Box) -> Tensor:
        ctx.shape, ctx.frame = image.shape, frame
        return image[..., *frame.within(whole(*image.shape[-2:]))]

    @staticmethod
    @first_derivative
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        result = gradient.new_zeros(ctx.shape)
        result[..., *ctx.frame.within(whole(*ctx.shape[-2:]))] = gradient
        distributed.all_reduce(result)
        return result, None


class _OfAll(torch.autograd.Function):
    """The sum over processes. Each of them computes the same loss from it, so its gradient is that of each summand."""

    @staticmethod
    def forward(_: Any, *parts: Tensor) -> tuple[Tensor, ...]:
        totals = [part.clone() for part in parts]
        # One message per data type.
        for dtype in {total.dtype: None for total in totals}:
            alike = [total for total in totals if total.dtype == dtype]
            message = torch.cat([total.flatten() for total in alike])
            distributed.all_reduce(message)
            for total, sums in zip(alike, message.split([total.numel() for total in alike]), strict=True):
                total.copy_(sums.view_as(total))
        return tuple(totals)

    @staticmethod
    @first_derivative
    def backward(_: Any, *gradients: Tensor) -> tuple[Tensor, ...]:
        return gradients
