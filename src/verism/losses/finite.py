"""Checks for a total that is not finite, and finds the term that caused it."""

from __future__ import annotations

import math
from collections.abc import Mapping

from torch import Tensor

from verism.errors import UndefinedLossError
from verism.losses.named import option
from verism.losses.term import Term


def culprit(total: float, terms: Mapping[str, Term]) -> tuple[str, float]:
    """Return the name and value of the first term that is not finite, or ``total`` if all terms are finite."""
    values = ((name, float(term.raw)) for name, term in terms.items())
    return next(((name, value) for name, value in values if not math.isfinite(value)), ("total", total))


def check_first(total: Tensor, terms: Mapping[str, Term]) -> None:
    """Check the first total of a run. This waits for the device.

    Args:
        total: a scalar.
        terms: the terms by name.

    Raises:
        UndefinedLossError: if the total is not finite. No step has been made, so the learning rate is not to blame.
    """
    if total.isfinite():
        return
    name, value = culprit(float(total), terms)
    another = "a lower weight" if name == "total" else f"another {option(name)}"
    raise UndefinedLossError(
        f"The {name} loss is {value} for the image that the run starts from, before any step, so no learning rate can "
        f"help: choose {another}, other photos, or a wider --trainer.precision."
    )
