"""Statistics as returned by the losses, in mappings and named tuples, and the list of the tensors in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from lightning_utilities.core.apply_func import apply_to_collection
from torch import Tensor

Statistics = Mapping[str, Mapping[str, Any]]
"""Statistics from which a loss is computed, by layer and loss name, in either order: tensors and counts, which add up
over parts of an image."""


def leaves(statistics: Statistics, device: torch.device) -> list[Tensor]:
    """Return all tensors in statistics, in order; counts become tensors on ``device``."""
    found: list[Tensor] = []

    def keep(leaf: Tensor | int) -> None:
        # Not as float64, which Apple's GPUs do not support.
        found.append(leaf if isinstance(leaf, Tensor) else torch.tensor(leaf, dtype=torch.int64, device=device))

    apply_to_collection(statistics, (Tensor, int), keep)
    return found


def with_leaves(statistics: Statistics, tensors: Sequence[Tensor]) -> Statistics:
    """Return the same mappings and named tuples with other tensors, in the order of ``leaves``."""
    others = iter(tensors)
    result: Statistics = apply_to_collection(statistics, (Tensor, int), lambda _: next(others))
    return result
