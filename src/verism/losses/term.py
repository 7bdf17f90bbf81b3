"""The terms that add up to the total loss, and the normalisation of their values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from verism.errors import NoDifferenceError

Normalization = Literal["paper", "relative"]
"""``paper``: the loss as the paper's code computes it. ``relative``: the loss divided by a constant computed from the
content and style photos, so that its value depends neither on the scale of the features nor on the photos' sizes."""


INDISTINCT = 1e-4
"""Root mean square difference of statistics, relative to the statistics themselves, up to which they count as equal:
ten times the rounding error of equal ones in float32, and less than a hundredth of what 8 bits resolve.
"""


class Term(NamedTuple):
    """A loss over one or more layers: ``weight · Σ layers[l] · values[l]``.

    Attributes:
        weight: the term's weight in the total (Eq. 3 and 4 of the paper).
        layers: weight of each layer within the term, by name.
        values: loss at each layer, a scalar in at least float32, by name.
    """

    weight: float
    layers: Mapping[str, float]
    values: Mapping[str, Tensor]

    @property
    def raw(self) -> Tensor:
        """The term before its weight: ``Σ layers[l] · values[l]``."""
        return torch.stack([self.layers[name] * value for name, value in self.values.items()]).sum()

    @property
    def weighted(self) -> Tensor:
        """The term's contribution to the total: ``weight · raw``."""
        return self.weight * self.raw

    def detach(self) -> Term:
        """Return the term with its values detached from the graph."""
        return Term(self.weight, self.layers, {name: value.detach() for name, value in self.values.items()})


def full_precision(x: Tensor) -> Tensor:
    """Return ``x`` in at least float32: losses are never computed at lower precision, and float64 is kept."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


def unit(normalization: Normalization, start: Tensor, size: Tensor, place: str) -> Tensor:
    """Return the scalar by which a distance to the style photo is divided.

    Args:
        normalization: relative: the scalar is ``start``. paper: it is 1.
        start: the distance of the content photo to the style photo, a scalar, a mean square.
        size: the sum of the distances of both photos from a photo whose statistics are all 0, a scalar.
        place: name of the layer, or of whatever else is compared, for the error message.

    Raises:
        NoDifferenceError: if the normalisation is relative, and ``start`` is zero or may be mere rounding error.
    """
    if normalization == "paper":
        return torch.ones_like(start)
    if start <= INDISTINCT**2 * size:
        raise NoDifferenceError(
            f"normalization relative: at {place}, content and style have the same statistics, so nothing can be "
            "relative to their difference; choose another style photo, or normalization paper."
        )
    return start
