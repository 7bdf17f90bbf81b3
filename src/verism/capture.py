"""Capture a step, from the canvas to the total loss, as a CUDA graph, so that the GPU does not wait for Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

import torch
from torch import Tensor, nn

from verism import one_piece
from verism.losses.term import Term
from verism.one_piece import Asked, Choice, Evaluation
from verism.tiling.passage import Passage


def captured(
    evaluate: Callable[[], Evaluation], canvas: nn.Module, passage: Passage, capture: Choice
) -> Callable[[], Evaluation]:
    """Return ``evaluate``, captured as a graph if the option asks for that and it is possible.

    The graph is captured at the first call, and then replayed.

    Args:
        evaluate: computes the total and its terms from the canvas, by the same operations at each call.
        canvas: holds the one parameter.
        passage: how the image passes the network.
        capture: the option ``--model.capture``.

    Raises:
        VerismError: ``capture`` is true, and a step cannot be captured; also from the function that is returned.
    """
    asked = Asked("capture", capture, "captured", "Steps are not captured as a CUDA graph")
    return _Captured(evaluate, canvas, asked) if asked.can_be_tried(canvas, passage) else evaluate


def graph(module: nn.Module) -> Callable[[], tuple[Tensor, ...]]:
    """Return a module's ``forward`` as a graph, with another for the derivative with respect to its parameters."""
    return cast("Callable[[], tuple[Tensor, ...]]", torch.cuda.make_graphed_callables(module, ()))


class _Captured:
    """Captures ``evaluate`` at the first call, and again whenever the canvas has another parameter."""

    def __init__(self, evaluate: Callable[[], Evaluation], canvas: nn.Module, asked: Asked) -> None:
        self._evaluate = evaluate
        self._canvas = canvas
        self._asked = asked
        self._parameter: nn.Parameter | None = None
        self._graph: Callable[[], tuple[Tensor, ...]] | None = None
        self._terms: Mapping[str, Term] = {}

    def __call__(self) -> Evaluation:
        (parameter,) = self._canvas.parameters()
        if parameter is not self._parameter:
            self._parameter, self._graph = parameter, None
            kind = one_piece.DEVICE
            dtype, enabled = torch.get_autocast_dtype(kind), torch.is_autocast_enabled(kind)
            with torch.autocast(kind, dtype, enabled=enabled, cache_enabled=False):
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
        module = _Evaluated(self._canvas, self._evaluate)
        try:
            # A compiled step is compiled when it is called first.
            self._evaluate()
            found = graph(module)
        except RuntimeError as error:
            self._asked.refuse(f"torch cannot capture one ({str(error).splitlines()[0].rstrip('.')})")
            return
        self._terms = module.terms
        if not one_piece.agree(lambda: found()[0], lambda: self._evaluate()[0], parameter):
            self._asked.refuse(
                "a replayed step computes another loss than a normal step, so a part of the step is random or depends "
                "on something outside the GPU"
            )
            return
        # Cloned, because each replay writes the gradient to the same memory, and Lightning may accumulate gradients.
        parameter.register_hook(torch.clone)
        self._graph = found


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
