"""A step's way from canvas to total as a CUDA graph, so that the GPU need not wait for Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, cast

import torch
from lightning.pytorch.utilities import rank_zero_info
from torch import Tensor, distributed, nn

from verism.errors import VerismError
from verism.losses.term import Term
from verism.tiling.passage import AtOnce, Passage

Capture = bool | Literal["auto"]
"""The option ``--model.capture``: true, steps are captured, or it is an error; auto, if they can be; false, never."""

Evaluation = tuple[Tensor, Mapping[str, Term]]
"""The total of a canvas as it is, which has a derivative, and its terms by name, which have none."""

DEVICE = "cuda"
"""The kind of device that has graphs."""

PROBE = 0.01
"""Standard deviation of the noise that is added to the parameter, to see whether a graph says the same of it."""

TOLERANCE = 0.01
"""By how much of its size the total or its derivative may differ there, by the rounding of bfloat16."""


def captured(
    evaluate: Callable[[], Evaluation], canvas: nn.Module, passage: Passage, capture: Capture
) -> Callable[[], Evaluation]:
    """Return ``evaluate`` as a graph, if that is asked for and can be.

    Args:
        evaluate: makes the total and its terms of the canvas as it is; always by the same operations.
        canvas: holds the one parameter.
        passage: how the image passes the network.
        capture: as the user asked for.

    Raises:
        VerismError: ``capture`` is true, and a step cannot be captured.
    """
    if capture is False:
        return evaluate
    reason = _obstacle(canvas, passage)
    if reason is not None:
        _refuse(reason, capture)
        return evaluate
    return _Captured(evaluate, canvas, capture)


def graph(module: nn.Module) -> Callable[[], tuple[Tensor, ...]]:
    """Return the graph of a module's ``forward``, and of its derivative with respect to the module's parameters."""
    return cast("Callable[[], tuple[Tensor, ...]]", torch.cuda.make_graphed_callables(module, ()))


def _obstacle(canvas: nn.Module, passage: Passage) -> str | None:
    """Return why a step cannot be captured, as far as that is known beforehand; None if it may be."""
    if next(canvas.parameters()).device.type != DEVICE:
        return "only an NVIDIA GPU can repeat a captured step"
    if distributed.is_initialized() and distributed.get_world_size() > 1:
        return "an image that several processes share is not captured"
    if not isinstance(passage, AtOnce):
        return "a step in tiles is not captured (--model.tile null has the image pass at once)"
    return None


def _refuse(reason: str, capture: Capture) -> None:
    if capture is True:
        raise VerismError(f"--model.capture true: {reason}; choose auto or false.")
    rank_zero_info(f"Steps are not captured as a CUDA graph: {reason}.")


class _Captured:
    """Captures before the first step, and anew whenever the canvas has another parameter."""

    def __init__(self, evaluate: Callable[[], Evaluation], canvas: nn.Module, capture: Capture) -> None:
        self._evaluate = evaluate
        self._canvas = canvas
        self._capture = capture
        self._parameter: nn.Parameter | None = None
        self._graph: Callable[[], tuple[Tensor, ...]] | None = None
        self._terms: Mapping[str, Term] = {}

    def __call__(self) -> Evaluation:
        (parameter,) = self._canvas.parameters()
        if parameter is not self._parameter:
            self._parameter, self._graph = parameter, None
            self._start(parameter)
        if self._graph is None:
            return self._evaluate()
        total, values = self._graph()
        # Where they are, the next step overwrites them, and others keep them.
        left = iter(values.clone().unbind())
        terms = {
            name: term._replace(values={layer: next(left) for layer in term.values})
            for name, term in self._terms.items()
        }
        return total.clone(), terms

    def _start(self, parameter: nn.Parameter) -> None:
        autocast = (torch.get_autocast_dtype(DEVICE), torch.is_autocast_enabled(DEVICE))
        module = _Evaluated(self._canvas, self._evaluate)
        try:
            with torch.autocast(DEVICE, autocast[0], enabled=autocast[1], cache_enabled=False):
                found = graph(module)
        except RuntimeError as error:
            _refuse(f"torch cannot capture one ({str(error).splitlines()[0].rstrip('.')})", self._capture)
            return
        self._terms = module.terms
        if not self._agrees(found, parameter):
            _refuse(
                "a repeated step finds another loss than a step by itself, so that a part of it is random or "
                "depends on what is not on the GPU",
                self._capture,
            )
            return
        # The graph writes the derivative where it was before; Lightning may add several up.
        parameter.register_hook(torch.clone)
        self._graph = found

    def _agrees(self, found: Callable[[], tuple[Tensor, ...]], parameter: nn.Parameter) -> bool:
        """Return whether a graph says of another image what a step by itself says of it."""
        before = parameter.detach().clone()
        generator = torch.Generator(parameter.device).manual_seed(0)
        noise = torch.randn(parameter.shape, generator=generator, device=parameter.device, dtype=torch.float32)
        try:
            with torch.no_grad():
                parameter.add_((PROBE * noise).to(parameter))
            pairs = []
            for total in (found()[0], self._evaluate()[0]):
                (derivative,) = torch.autograd.grad(total, parameter)
                pairs.append((total.detach().clone(), derivative.clone()))
        finally:
            with torch.no_grad():
                parameter.copy_(before)
        return all(bool((one - other).norm() <= TOLERANCE * other.norm()) for one, other in zip(*pairs, strict=True))


class _Evaluated(nn.Module):
    """What is captured: a module whose parameter is the canvas's."""

    def __init__(self, canvas: nn.Module, evaluate: Callable[[], Evaluation]) -> None:
        super().__init__()
        self.canvas = canvas
        self.terms: Mapping[str, Term] = {}
        self._evaluate = evaluate

    def forward(self) -> tuple[Tensor, Tensor]:
        """Return the total, a scalar, and all values of its terms, ``(n,)``, in their order."""
        total, self.terms = self._evaluate()
        values = [value.view(1) for term in self.terms.values() for value in term.values.values()]
        return total, torch.cat(values).detach()
