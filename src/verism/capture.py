"""Capture a step, from the canvas to the total loss, as a CUDA graph, so that the GPU does not wait for Python."""

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
"""The option ``--model.capture``: true, a step is captured, or it is an error; auto, if it can be; false, never."""

Evaluation = tuple[Tensor, Mapping[str, Term]]
"""The total loss, with its graph, and the terms by name, detached."""

DEVICE = "cuda"
"""The type of device that can capture graphs."""

PROBE = 0.01
"""Standard deviation of the noise that is added to the parameter to compare the graph with a normal step."""

TOLERANCE = 0.01
"""Largest relative difference of the total and of its gradient between the two, which rounding to bfloat16 causes."""


def captured(
    evaluate: Callable[[], Evaluation], canvas: nn.Module, passage: Passage, capture: Capture
) -> Callable[[], Evaluation]:
    """Return ``evaluate``, captured as a graph if the option asks for that and it is possible.

    The graph is captured at the first call, and then replayed.

    Args:
        evaluate: computes the total and its terms from the canvas, by the same operations at each call.
        canvas: holds the one parameter.
        passage: how the image passes the network.
        capture: the option.

    Raises:
        VerismError: ``capture`` is true, and a step cannot be captured; also from the function that is returned.
    """
    if capture is False:
        return evaluate
    reason = _obstacle(canvas, passage)
    if reason is not None:
        _refuse(reason, capture)
        return evaluate
    return _Captured(evaluate, canvas, capture)


def graph(module: nn.Module) -> Callable[[], tuple[Tensor, ...]]:
    """Return a module's ``forward`` as a graph, with another for the derivative with respect to its parameters."""
    return cast("Callable[[], tuple[Tensor, ...]]", torch.cuda.make_graphed_callables(module, ()))


def _obstacle(canvas: nn.Module, passage: Passage) -> str | None:
    """Return why a step cannot be captured, as far as that is known without trying; None if nothing is known."""
    if next(canvas.parameters()).device.type != DEVICE:
        return "only an NVIDIA GPU can replay a captured step"
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
    """Captures ``evaluate`` at the first call, and again whenever the canvas has another parameter."""

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
        # Cloned, because the next replay overwrites them, and callbacks keep them.
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
                "a replayed step computes another loss than a normal step, so a part of the step is random or depends "
                "on something outside the GPU",
                self._capture,
            )
            return
        # Cloned, because each replay writes the gradient to the same memory, and Lightning may accumulate gradients.
        parameter.register_hook(torch.clone)
        self._graph = found

    def _agrees(self, found: Callable[[], tuple[Tensor, ...]], parameter: nn.Parameter) -> bool:
        """Return whether a graph and a normal step compute the same total and gradient from another image."""
        before = parameter.detach().clone()
        generator = torch.Generator(parameter.device).manual_seed(0)
        noise = torch.randn(parameter.shape, generator=generator, device=parameter.device, dtype=torch.float32)
        try:
            with torch.no_grad():
                parameter.add_((PROBE * noise).to(parameter))
            pairs = []
            for total in (found()[0], self._evaluate()[0]):
                (gradient,) = torch.autograd.grad(total, parameter)
                pairs.append((total.detach().clone(), gradient.clone()))
        finally:
            with torch.no_grad():
                parameter.copy_(before)
        return all(bool((one - other).norm() <= TOLERANCE * other.norm()) for one, other in zip(*pairs, strict=True))


class _Evaluated(nn.Module):
    """The module that is captured, whose only parameter is the canvas's."""

    def __init__(self, canvas: nn.Module, evaluate: Callable[[], Evaluation]) -> None:
        super().__init__()
        self.canvas = canvas
        self.terms: Mapping[str, Term] = {}
        self._evaluate = evaluate

    def forward(self) -> tuple[Tensor, Tensor]:
        """Return the total, a scalar, and the values of all terms in their order, ``(n,)``."""
        total, self.terms = self._evaluate()
        values = [value.view(1) for term in self.terms.values() for value in term.values.values()]
        return total, torch.cat(values).detach()
