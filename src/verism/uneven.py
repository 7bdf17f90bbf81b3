"""Finds out why one colour of a photo has become several in a picture, and what helps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from verism.canvas import BilateralGrid, Pixels, RegionalGrade
from verism.module import StyleTransfer
from verism.regions.colors import label_of, name_of
from verism.verdict import DRIFT, Fault, found

HOLDING = 1000.0
"""Weight of the consistency loss that keeps one colour together, on canvases that can treat each place differently."""

HELPS = 1.0
"""Reduction of drift in ΔE76 from which on a change is suggested; a smaller one is hardly visible."""

GRADIENT = (
    "A part of your photo, such as its sky, has also taken over how the style's colours change from top to bottom"
)

LEAVE_OUT = "--data.leave_out"
"""The option that makes regions be treated like the rest of the photo."""

WITHOUT_GRADIENT = ("--model.canvas.gradient", "0")
"""Options that remove a gradient when added to the command of a run."""


class Uneven(NamedTuple):
    """The reason why tints within one area of a picture differ, if they clearly do; otherwise empty.

    Attributes:
        without_gradients: drift of the picture without the gradients of its regions, if only these make it clearly
            visible, so that nothing is wrong with the picture; None: otherwise.
        changes: options that make another run more even when added to its command; empty if none are known.
        advice: the same as part of a sentence, for users who do not type commands.
    """

    without_gradients: float | None = None
    changes: Sequence[str] = ()
    advice: str = ""

    def explained(self, figures: Mapping[str, float]) -> Mapping[str, float]:
        """Return the metrics of the picture without the drift explained by a gradient, which was asked for."""
        return figures if self.without_gradients is None else {**figures, "drift": self.without_gradients}

    @property
    def gradient(self) -> str:
        """A message about a gradient, as a sentence without full stop; empty if there is none."""
        return "" if self.without_gradients is None else GRADIENT

    def said(self) -> list[str]:
        """Return a message about a gradient as a sentence with the option that removes it, or nothing."""
        return [f"{self.gradient}; {' '.join(WITHOUT_GRADIENT)} leaves that out."] if self.gradient else []

    def faults(self, figures: Mapping[str, float]) -> list[Fault]:
        """Return the faults of the picture with these metrics, each with a remedy for this picture, if one is known."""
        return [self.remedied(fault) for fault in found(self.explained(figures))]

    def remedied(self, fault: Fault) -> Fault:
        """Return a fault with a remedy for this picture, if one is known."""
        if fault.metric != "drift" or not self.changes:
            return fault
        return fault._replace(remedy=self.advice, aim="More even", milder={}, instead=self.changes)


def cause(model: StyleTransfer, drift: float, measure: Callable[[RegionalGrade], float]) -> Uneven:
    """Return why tints within one area of a run's picture differ.

    Args:
        model: the module of the run.
        drift: drift of the picture, from ``verism.metrics``.
        measure: returns the drift of the picture with another canvas.
    """
    if not drift > DRIFT:
        return Uneven()
    canvas = model.canvas
    if isinstance(canvas, RegionalGrade):
        return _of_regions(model, canvas, drift, measure)
    weight = 0.0 if model.consistency is None else model.consistency.weight
    if isinstance(canvas, BilateralGrid | Pixels) and weight < HOLDING:
        option = "--model.consistency.weight"
        return Uneven(None, (option, f"{HOLDING:g}"), f"a higher {option} keeps it one colour")
    return Uneven()


def _of_regions(
    model: StyleTransfer, canvas: RegionalGrade, drift: float, measure: Callable[[RegionalGrade], float]
) -> Uneven:
    """Measure the picture without the gradients, and without each of the regions that may be left out."""
    if bool(canvas.tints.any()):
        without = measure(canvas.without_gradients())
        if without <= DRIFT:
            return Uneven(without)
    regions = model.regions
    if regions is None or regions.undivided:
        return Uneven()
    counts = [
        number
        for number, label in enumerate(regions.labels)
        if label not in regions.kept and bool(canvas.shares[:, number].any())
    ]
    left = {number: measure(canvas.without_region(number)) for number in counts}
    least = min(left, key=lambda number: left[number], default=None)
    if least is None or drift - left[least] < HELPS:
        return Uneven()
    before = [label_of(label) for label in model.data.left_out]
    names = ", ".join(map(name_of, [*before, regions.labels[least]]))
    return Uneven(
        None,
        (LEAVE_OUT, f"[{names}]"),
        f"{LEAVE_OUT} '[{names}]', by which one region gets the look of the whole photo, makes it more even",
    )
