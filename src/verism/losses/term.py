"""The terms that add up to the total loss, and the normalisation of their values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from verism.errors import NoDifferenceError

Normalization = Literal["paper", "relative"]
"""``paper``: the loss as the paper's code computes it. ``relative``: divided by a constant that is computed from the
content and the style photo, so that its value depends neither on the scale of the features nor on the photos' sizes."""


INDISTINCT = 1e-4
"""Root mean square of a difference of statistics, relative to that of the statistics themselves, up to which they count
as the same: ten times what rounding in float32 makes of equal ones, and less than a hundredth of what 8 bits resolve.
"""


class Term(NamedTuple):
    """A loss over one or more layers: ``weight · Σ layers[l] · values[l]``.

    Attributes:
        weight: the term's weight in the total (Eq. 3 and 4 of the paper).
        layers: layer name to its weight within the term.
        values: layer name to its loss, a scalar in at least float32.
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
        """The term's share of the total: ``weight · raw``."""
        return self.weight * self.raw

    def detach(self) -> Term:
        """Return the term with values that are detached from the graph."""
        return Term(self.weight, self.layers, {name: value.detach() for name, value in self.values.items()})


def full_precision(x: Tensor) -> Tensor:
    """Return ``x`` in float32, or in float64 if it has that type: losses are never computed in less than float32."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


def unit(normalization: Normalization, start: Tensor, size: Tensor, place: str) -> Tensor:
    """Return the scalar by which a distance to the style photo is divided.

    Args:
        normalization: relative: it is ``start``. paper: it is 1.
        start: the content photo's own distance to the style photo, a scalar, a mean square.
        size: what the distances of both photos from a photo whose statistics are all 0 add up to, a scalar.
        place: name of the layer, or of what else is compared, for the error message.

    Raises:
        NoDifferenceError: the normalisation is relative, and ``start`` is zero, or so little that it may be rounding.
    """
    if normalization == "paper":
        return torch.ones_like(start)
    if start <= INDISTINCT**2 * size:
        raise NoDifferenceError(
            f"normalization relative: at {place}, content and style have the same statistics, so nothing can be "
            "relative to their difference; choose another style photo, or normalization paper."
        )
    return start
