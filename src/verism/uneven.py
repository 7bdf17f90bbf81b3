"""Why one colour of a photo has become several in a picture, and what really helps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from verism.canvas import BilateralGrid, Pixels, RegionalGrade
from verism.module import StyleTransfer
from verism.regions.colors import label_of, name_of
from verism.verdict import DRIFT, Fault, found

HOLDING = 1000.0
"""Weight of the consistency loss that holds one colour together, on canvases that can treat each place differently."""

HELPS = 1.0
"""ΔE76 of drift by which a change must lower it to be offered; less is hardly seen."""

GRADIENT = (
    "A part of your photo, such as its sky, has also taken over how the style's colours change from top to bottom"
)

LEAVE_OUT = "--data.leave_out"
"""The option by which regions are treated like the rest of the photo."""

WITHOUT_GRADIENT = ("--model.canvas.gradient", "0")
"""The words that leave out a gradient, if they are added to the command of a run."""


class Uneven(NamedTuple):
    """What makes tints within one area of a picture differ, if they do so plainly; nothing, otherwise.

    Attributes:
        without_gradients: drift of the picture without the gradients of its regions, if these alone make it plain to
            see, so that nothing is wrong with the picture; None: they do not.
        changes: the words that make another run more even, if they are added to its command; none if none are known.
        advice: the same as part of a sentence, for whoever types no command.
    """

    without_gradients: float | None = None
    changes: Sequence[str] = ()
    advice: str = ""

    def explained(self, figures: Mapping[str, float]) -> Mapping[str, float]:
        """Return the figures of the picture without the drift that a gradient explains, which was asked for."""
        return figures if self.without_gradients is None else {**figures, "drift": self.without_gradients}

    @property
    def gradient(self) -> str:
        """What is to be said of a gradient, as a sentence without full stop; empty if there is nothing."""
        return "" if self.without_gradients is None else GRADIENT

    def said(self) -> list[str]:
        """Return what is to be said of a gradient as a sentence with the option by which it is left out, or nothing."""
        return [f"{self.gradient}; {' '.join(WITHOUT_GRADIENT)} leaves that out."] if self.gradient else []

    def faults(self, figures: Mapping[str, float]) -> list[Fault]:
        """Return the faults of the picture with these figures, each with what helps in it, if that is known."""
        return [self.remedied(fault) for fault in found(self.explained(figures))]

    def remedied(self, fault: Fault) -> Fault:
        """Return a fault of the picture with what helps in this picture, if that is known."""
        if fault.metric != "drift" or not self.changes:
            return fault
        return fault._replace(remedy=self.advice, aim="More even", milder={}, instead=self.changes)


def cause(model: StyleTransfer, drift: float, measure: Callable[[RegionalGrade], float]) -> Uneven:
    """Return what makes tints within one area of a run's picture differ.

    Args:
        model: the module of the run.
        drift: drift of the picture, from ``verism.metrics``.
        measure: returns the drift that the picture has with another canvas.
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
    """Find out what the picture is like without the gradients, and without each of the regions that may be left out."""
    if bool(canvas.tints.any()):
        without = measure(canvas.without_gradients())
        if without <= DRIFT:
            return Uneven(without)
    regions = model.regions
    if regions is None or regions.undivided:
        return Uneven()
    counts = [number for number, label in enumerate(regions.labels) if bool(canvas.shares[:, number].any())]
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
