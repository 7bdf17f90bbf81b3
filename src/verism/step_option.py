"""What it takes to run a step without Python, as a CUDA graph or compiled, and to check that it is the same step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

import torch
from lightning.pytorch.utilities import rank_zero_info
from torch import Tensor, distributed, nn

from verism.errors import VerismError
from verism.losses.term import Term
from verism.tiling.passage import AtOnce, Passage

Choice = bool | Literal["auto"]
"""Values of the options: true requires it, auto does it if possible, false never does it."""

Evaluation = tuple[Tensor, Mapping[str, Term]]
"""The total loss, with its graph, and the terms by name, detached."""

DEVICE = "cuda"
"""The type of device for which it is supported."""

PROBE = 0.01
"""Standard deviation of the noise added to the parameters to compare two ways to compute a step."""


class StepOption(NamedTuple):
    """An option that has a step captured or compiled.

    Attributes:
        name: its name.
        choice: its value.
        participle: what happens to the step, such as "compiled".
        notice: the message if it does not happen.
    """

    name: str
    choice: Choice
    participle: str
    notice: str

    def applies(self, canvas: nn.Module, passage: Passage) -> bool:
        """Return whether the option asks for it and nothing is known to prevent it.

        Args:
            canvas: holds the parameters.
            passage: how the image passes through the network.

        Raises:
            VerismError: as ``refuse`` does.
        """
        elsewhere = next(canvas.parameters()).device.type != DEVICE
        if self.choice is False or (elsewhere and self.choice == "auto"):
            return False
        reason = self.obstacle(canvas, passage)
        if reason is not None:
            self.refuse(reason)
        return reason is None

    def obstacle(self, canvas: nn.Module, passage: Passage) -> str | None:
        """Return a known reason why a step cannot be captured or compiled, without trying; None if there is none."""
        if next(canvas.parameters()).device.type != DEVICE:
            return f"a step is only {self.participle} for an NVIDIA GPU"
        if distributed.is_initialized() and distributed.get_world_size() > 1:
            return f"an image that several processes share is not {self.participle}"
        if not isinstance(passage, AtOnce):
            return f"a step in tiles is not {self.participle} (--model.tile null has the image pass at once)"
        return None

    def refuse(self, reason: str) -> None:
        """Refuse what the option asks for, or only print a message if the option is auto.

        Raises:
            VerismError: the option is true.
        """
        if self.choice is True:
            raise VerismError(f"--model.{self.name} true: {reason}; choose auto or false.")
        rank_zero_info(f"{self.notice}: {reason}.")


def optimized(canvas: nn.Module) -> tuple[nn.Parameter, ...]:
    """Return the parameters of a canvas, except those that it has frozen."""
    return tuple(parameter for parameter in canvas.parameters() if parameter.requires_grad)


def same(some: Sequence[nn.Parameter], others: Sequence[nn.Parameter]) -> bool:
    """Return whether two sequences hold the very same parameter objects, whatever their values."""
    return len(some) == len(others) and all(one is other for one, other in zip(some, others, strict=True))


def difference(one: Callable[[], Tensor], other: Callable[[], Tensor], parameters: Sequence[nn.Parameter]) -> float:
    """Return how far two functions of the same parameters differ near the current parameter values.

    Args:
        one: returns a total, a scalar.
        other: likewise; it is the reference.
        parameters: the parameters, which are changed for this and then restored.

    Returns:
        The largest relative difference of the totals and of their gradients, per parameter; NaN if one of them is NaN.
    """
    before = [parameter.detach().clone() for parameter in parameters]
    generator = torch.Generator(parameters[0].device).manual_seed(0)
    try:
        with torch.no_grad():
            for parameter in parameters:
                noise = torch.randn(parameter.shape, generator=generator, device=parameter.device, dtype=torch.float32)
                parameter.add_((PROBE * noise).to(parameter))
        pairs = []
        for total in (one(), other()):
            gradients = torch.autograd.grad(total, parameters)
            pairs.append([value.detach().clone() for value in (total, *gradients)])
    finally:
        with torch.no_grad():
            for parameter, value in zip(parameters, before, strict=True):
                parameter.copy_(value)
    return float(torch.stack([_relative(value, reference) for value, reference in zip(*pairs, strict=True)]).max())


def _relative(value: Tensor, reference: Tensor) -> Tensor:
    """Return the relative difference of two tensors; 0 if they are equal, even if both are 0."""
    apart: Tensor = (value - reference).norm()
    return apart if apart == 0 else apart / reference.norm()
