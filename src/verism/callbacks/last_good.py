"""The last state of an image whose loss was finite, found without waiting for the device."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

from verism.losses import Term

State = Mapping[str, Tensor]
"""The parameters of a canvas, by name."""


class Spoilt(NamedTuple):
    """The first loss that was not finite.

    Attributes:
        name: of the term, or ``total``.
        value: what it became.
        step: at which.
    """

    name: str
    value: float
    step: int


class LastGood:
    """Follows the states that steps look at, and tells the last of them before a loss was not finite.

    The device chooses the state at every step, and is asked only when ``settle`` is called, so that what is kept is the
    same however rarely that is.

    Attributes:
        state: the last good state, as of the last ``settle``; None if there is none.
    """

    def __init__(self) -> None:
        """Begin without a state."""
        self.state: State | None = None
        self._before: State = {}
        self._candidate: State = {}
        self._sound: Tensor | None = None
        self._steps: list[tuple[int, Tensor, Mapping[str, Term]]] = []
        self._spoilt: Spoilt | None = None

    def about_to_look(self, state: State) -> None:
        """Keep the state that a step is about to look at, which is about to change."""
        if self._steps and any(value.shape != self._candidate[name].shape for name, value in state.items()):
            self.settle()  # At another scale, states cannot be chosen from.
        self._before = {name: value.clone() for name, value in state.items()}

    def looked(self, step: int, outputs: Mapping[str, Any]) -> None:
        """Take what a step found: its total ``loss``, and its ``terms`` by name."""
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
        """Find out whether all losses so far were finite, for which one waits for the device.

        Returns:
            The first that was not; None if all were.
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
            values = {name: float(term.raw) for name, term in terms.items()}
            name = next((name for name, value in values.items() if not math.isfinite(value)), "total")
            self._spoilt = Spoilt(name, values.get(name, totals[first]), step)
        return self._spoilt
