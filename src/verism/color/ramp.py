"""A linear transition between two values, below and above which nothing changes."""

from __future__ import annotations

from torch import Tensor


def ramp(values: Tensor, start: float, end: float) -> Tensor:
    """Map values of any shape linearly to [0, 1]: 0 up to ``start``, 1 from ``end``."""
    return ((values - start) / (end - start)).clamp(0, 1)
