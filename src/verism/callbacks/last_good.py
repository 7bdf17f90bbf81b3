"""The last state of an image whose loss was finite, found without waiting for the device."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

from verism.losses import Term
from verism.losses.finite import culprit

State = Mapping[str, Tensor]
"""The parameters of a canvas, by name."""


class Spoilt(NamedTuple):
    """The first loss that was not finite.

    Attributes:
        name: the first term that is not finite; ``total`` if all terms are finite.
        value: its value, NaN or infinite.
        step: the step that computed it.
    """

    name: str
    value: float
    step: int


class LastGood:
    """Keeps the last state of a canvas up to which all losses were finite.

    The state is chosen on the device at every step; only ``settle`` waits for the device. Which state is kept does not
    depend on how often ``settle`` is called.

    Attributes:
        state: the last good state, as of the last ``settle``; None if there is none.
    """

    def __init__(self) -> None:
        """Start without a state."""
        self.state: State | None = None
        self._before: State = {}
        self._candidate: State = {}
        self._sound: Tensor | None = None
        self._steps: list[tuple[int, Tensor, Mapping[str, Term]]] = []
        self._spoilt: Spoilt | None = None

    def before_step(self, state: State) -> None:
        """Keep a copy of the state whose loss the next step computes, since the step then changes it."""
        if self._steps and any(value.shape != self._candidate[name].shape for name, value in state.items()):
            self.settle()  # torch.where cannot choose between states of two scales.
        self._before = {name: value.clone() for name, value in state.items()}

    def after_step(self, step: int, outputs: Mapping[str, Any]) -> None:
        """Take the outputs of a step: the total as ``loss``, and its ``terms`` by name."""
        total = outputs["loss"].detach()
        finite = total.isfinite()
        if self._sound is None:
            self._sound, self._candidate = finite, self._before
        else:
            sound = self._sound = self._sound & finite
            self._candidate = {
                name: torch.where(sound, value, self._candidate[name]) for name, value in self._before.items()
            }
        self._steps.append((step, total, outputs["terms"]))

    def settle(self) -> Spoilt | None:
        """Find out whether all losses so far were finite, which waits for the device.

        Returns:
            The first loss that was not finite; None if all were.
        """
        steps, self._steps, self._sound = self._steps, [], None
        if self._spoilt is not None or not steps:
            return self._spoilt
        totals = torch.stack([total for _, total, _ in steps]).tolist()
        first = next((number for number, total in enumerate(totals) if not math.isfinite(total)), None)
        if first != 0:
            self.state = self._candidate
        if first is not None:
            step, _, terms = steps[first]
            self._spoilt = Spoilt(*culprit(totals[first], terms), step)
        return self._spoilt
