"""Captures a step, from the canvas to the total loss, as a CUDA graph, so that the GPU does not wait for Python."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from verism import step_option
from verism.errors import in_brief
from verism.first_derivative import first_derivative
from verism.losses.term import Term
from verism.step_option import Choice, Evaluation, StepOption
from verism.tiling.passage import Passage

TOLERANCE = 0.01
"""Largest relative difference of a replayed step's total and gradient, which result from the same operations."""

WARM = 3
"""Number of steps before the capture, in which operations set up what they need; as many as in torch's own examples."""

WAITED = "called a synchronizing CUDA operation"
"""torch's message where Python waits for the GPU."""

LARGEST = 2**21
"""Number of pixels up to which ``auto`` captures. With more pixels, the GPU does not wait for Python: an H200 does not
from twice the paper's size upwards, and a graph may need more memory."""


def captured(
    evaluate: Callable[[], Evaluation], canvas: nn.Module, passage: Passage, capture: Choice, pixels: int
) -> Callable[[], Evaluation]:
    """Return ``evaluate``, captured as a graph if the option asks for it and it is possible.

    The graph is captured at the first call and replayed from then on.

    Args:
        evaluate: computes the total and its terms from the canvas, with the same operations in each call.
        canvas: holds the parameters.
        passage: how the image passes through the network.
        capture: the option ``--model.capture``.
        pixels: number of pixels in the image.

    Raises:
        VerismError: ``capture`` is true and a step cannot be captured; the returned function may raise this too.
    """
    if capture == "auto" and pixels > LARGEST:
        return evaluate
    option = StepOption("capture", capture, "captured", "Steps are not captured as a CUDA graph")
    return _Captured(evaluate, canvas, option) if option.applies(canvas, passage) else evaluate


def graph(module: nn.Module) -> Callable[[], tuple[Tensor, Tensor]]:
    """Return a module's ``forward`` as a graph, with another graph for the derivatives of its parameters.

    ``torch.cuda.make_graphed_callables`` does the same, but forbids all other threads to use the GPU meanwhile, and one
    of them may be fetching a snapshot.

    Args:
        module: returns the total, a scalar, and values that need no derivative.

    Raises:
        RuntimeError: a step cannot be captured.
    """
    parameters = step_option.optimized(module)

    def step() -> None:
        # The results must not be kept alive: they would keep the parameters' autograd nodes, which belong to this
        # stream.
        torch.autograd.grad(module()[0], parameters)

    before, aside = torch.cuda.current_stream(), torch.cuda.Stream()
    aside.wait_stream(before)
    with torch.cuda.stream(aside):
        for _ in range(WARM):
            step()
        # A failed capture leaves torch's allocator slow, so anything that would make it fail is looked for first.
        with _without_waiting():
            step()
    before.wait_stream(aside)
    pool = torch.cuda.graph_pool_handle()
    forward, backward = torch.cuda.CUDAGraph(), torch.cuda.CUDAGraph()
    with torch.cuda.graph(forward, pool, capture_error_mode="thread_local"):
        total, values = module()
    of_total = torch.ones_like(total)
    with torch.cuda.graph(backward, pool, capture_error_mode="thread_local"):
        of_parameters = torch.autograd.grad(total, parameters, of_total)
    replay = Replay(forward.replay, backward.replay, total.detach(), values.detach(), of_total, of_parameters)
    return partial(Replayed.apply, replay, *parameters)


@contextmanager
def _without_waiting() -> Iterator[None]:
    """Raise ``RuntimeError`` at the end if this thread waited for the GPU, for instance to read or copy a value.

    Other threads may wait: torch's mode applies to the whole process, so it is set to only warn, and the warning comes
    in the thread that waited.
    """
    own, show, waited = threading.get_ident(), warnings.showwarning, []

    def noticed(message: Warning | str, *rest: Any, **more: Any) -> None:
        if WAITED not in str(message):
            show(message, *rest, **more)
        elif threading.get_ident() == own:
            waited.append(str(message))

    mode = torch.cuda.get_sync_debug_mode()
    with warnings.catch_warnings():
        # Suppresses the warning that this mode does not detect everything.
        warnings.simplefilter("ignore")
        torch.cuda.set_sync_debug_mode("warn")
        warnings.filterwarnings("always", WAITED)
        warnings.showwarning = noticed
        try:
            yield
        finally:
            torch.cuda.set_sync_debug_mode(mode)
    if waited:
        raise RuntimeError(waited[0])


class Replay(NamedTuple):
    """How two graphs are replayed, and the tensors that they read and write.

    Attributes:
        forward: computes ``total`` and ``values`` from the parameters.
        backward: computes ``of_parameters`` from ``of_total``.
        total: a scalar.
        values: ``(n,)``.
        of_total: the derivative with respect to the total, a scalar.
        of_parameters: the derivatives with respect to each parameter.
    """

    forward: Callable[[], None]
    backward: Callable[[], None]
    total: Tensor
    values: Tensor
    of_total: Tensor
    of_parameters: tuple[Tensor, ...]


class Replayed(torch.autograd.Function):
    """The results of a replay, copied to their own memory, because the next replay overwrites its buffers."""

    @staticmethod
    def forward(ctx: Any, replay: Replay, *_: Tensor) -> tuple[Tensor, Tensor]:
        """Return the total and the values."""
        ctx.replay = replay
        replay.forward()
        values = replay.values.clone()
        ctx.mark_non_differentiable(values)
        return replay.total.clone(), values

    @staticmethod
    @first_derivative
    def backward(ctx: Any, of_total: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        """Return the derivative with respect to each parameter."""
        replay: Replay = ctx.replay
        replay.of_total.copy_(of_total)
        replay.backward()
        return None, *(derivative.clone() for derivative in replay.of_parameters)


class _Captured:
    """Captures ``evaluate`` at the first call, and again whenever the canvas has different parameters."""

    def __init__(self, evaluate: Callable[[], Evaluation], canvas: nn.Module, option: StepOption) -> None:
        self._evaluate = evaluate
        self._canvas = canvas
        self._option = option
        self._parameters: tuple[nn.Parameter, ...] = ()
        self._graph: Callable[[], tuple[Tensor, Tensor]] | None = None
        self._terms: Mapping[str, Term] = {}

    def __call__(self) -> Evaluation:
        parameters = step_option.optimized(self._canvas)
        if not step_option.same(parameters, self._parameters):
            self._parameters, self._graph = parameters, None
            kind = step_option.DEVICE
            dtype, enabled = torch.get_autocast_dtype(kind), torch.is_autocast_enabled(kind)
            with torch.autocast(kind, dtype, enabled=enabled, cache_enabled=False):
                self._start(parameters)
        if self._graph is None:
            return self._evaluate()
        total, values = self._graph()
        left = iter(values.unbind())
        terms = {
            name: term._replace(values={layer: next(left) for layer in term.values})
            for name, term in self._terms.items()
        }
        return total, terms

    def _start(self, parameters: tuple[nn.Parameter, ...]) -> None:
        module = _Evaluated(self._canvas, self._evaluate)
        try:
            # A compiled step is compiled when it is first called.
            self._evaluate()
            found = graph(module)
        except RuntimeError as error:
            self._option.refuse(f"torch cannot capture one ({in_brief(error)})")
            return
        self._terms = module.terms
        apart = step_option.difference(lambda: found()[0], lambda: self._evaluate()[0], parameters)
        if not apart <= TOLERANCE:
            self._option.refuse(
                "a replayed step computes another loss than a normal step, so a part of the step is random or depends "
                "on something outside the GPU"
            )
            return
        self._graph = found


class _Evaluated(nn.Module):
    """The module to be captured; its only parameters are those of the canvas."""

    def __init__(self, canvas: nn.Module, evaluate: Callable[[], Evaluation]) -> None:
        super().__init__()
        self.canvas = canvas
        self.terms: Mapping[str, Term] = {}
        self._evaluate = evaluate

    def forward(self) -> tuple[Tensor, Tensor]:
        """Return the total, a scalar, and the values of all terms in order, ``(n,)``."""
        total, self.terms = self._evaluate()
        values = [value.view(1) for term in self.terms.values() for value in term.values.values()]
        return total, torch.cat(values).detach()
