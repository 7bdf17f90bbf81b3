"""Compiles a step, from the canvas to the total loss, so that the GPU fuses operations that Python would start singly.

While a step is compiled, the parts of the network use torch's own functions in place of those that save memory on a
CPU. The latter overwrite their input, and a compiler cannot trace their derivatives. They ask ``torch.compiler``.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from verism import step_option
from verism.errors import in_brief
from verism.step_option import Choice, Evaluation, StepOption
from verism.tiling.passage import Passage

BACKEND = "inductor"
"""torch's compiler for NVIDIA GPUs."""

TOLERANCE = 0.05
"""Largest relative difference of a compiled step's total and gradient, which are rounded to bfloat16 less often."""


def compiled(
    evaluate: Callable[[], Evaluation], canvas: nn.Module, passage: Passage, choice: Choice
) -> Callable[[], Evaluation]:
    """Return ``evaluate``, compiled if the option asks for it and it is possible.

    Compilation happens at the first call.

    Args:
        evaluate: computes the total and its terms from the canvas, with the same operations in each call.
        canvas: holds the parameters.
        passage: how the image passes through the network.
        choice: the option ``--model.compile``.

    Raises:
        VerismError: ``choice`` is true and a step cannot be compiled; the returned function may raise this too.
    """
    option = StepOption("compile", choice, "compiled", "Steps are not compiled")
    return _Compiled(evaluate, canvas, option) if option.applies(canvas, passage) else evaluate


def in_one_graph(evaluate: Callable[[], Evaluation]) -> Callable[[], Evaluation]:
    """Return a function compiled for the shapes of its inputs; calling it fails if torch cannot compile it."""
    # torch compiles a function for a limited number of images and options and then gives up, unless it is reset.
    torch.compiler.reset()
    return torch.compile(evaluate, fullgraph=True, dynamic=False, backend=BACKEND)


class _Compiled:
    """Compiles ``evaluate`` at the first call, and again whenever the canvas has different parameters."""

    def __init__(self, evaluate: Callable[[], Evaluation], canvas: nn.Module, option: StepOption) -> None:
        self._evaluate = evaluate
        self._canvas = canvas
        self._option = option
        self._parameters: tuple[nn.Parameter, ...] = ()
        self._found = evaluate

    def __call__(self) -> Evaluation:
        parameters = step_option.optimized(self._canvas)
        if not step_option.same(parameters, self._parameters):
            self._parameters, self._found = parameters, self._evaluate
            self._start(parameters)
        return self._found()

    def _start(self, parameters: tuple[nn.Parameter, ...]) -> None:
        found = in_one_graph(self._evaluate)
        try:
            apart = step_option.difference(lambda: found()[0], lambda: self._evaluate()[0], parameters)
        except Exception as error:  # torch's compiler raises any exception that it encounters.
            self._option.refuse(f"torch cannot compile one ({in_brief(error)})")
            return
        if not apart <= TOLERANCE:
            self._option.refuse(f"a compiled step's loss or its derivative is {apart:.0%} off a normal step's")
            return
        self._found = found
