"""Coarse to fine: the size of the image at each step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise

from verism.errors import VerismError
from verism.photo_file import MIN_SIDE


class Scales:
    """Short sides, ascending, and the share of the steps for each of them.

    A small image takes less time per step, and lets the network see a style's large structures; a large image then
    starts from it.
    """

    def __init__(self, sizes: Sequence[int], shares: Sequence[float] | None = None) -> None:
        """Check the sizes and shares.

        Args:
            sizes: short sides in pixels.
            shares: shares of the steps, in any unit; None: equal shares.

        Raises:
            VerismError: there are no sizes, they do not ascend, one is too small for a photo, or the number of shares
                differs or one is not above 0.
        """
        if not sizes or any(coarse >= fine for coarse, fine in pairwise(sizes)):
            raise VerismError(f"--model.scales {list(sizes)}: must be one short side or more, in ascending order.")
        if sizes[0] < MIN_SIDE:
            raise VerismError(f"--model.scales {list(sizes)}: must be at least {MIN_SIDE} pixels each.")
        shares = [1.0] * len(sizes) if shares is None else shares
        if len(shares) != len(sizes) or not all(0 < share < math.inf for share in shares):
            raise VerismError(f"--model.shares {list(shares)}: must be a number above 0 for each of --model.scales.")
        self.sizes = tuple(sizes)
        self.ends = [end / sum(shares) for end in accumulate(shares)]

    def check(self, size: int, steps: int) -> None:
        """Raise ``VerismError`` unless the last size is ``size`` and each size gets at least one of ``steps``."""
        if self.sizes[-1] != size:
            raise VerismError(f"--model.scales {list(self.sizes)}: the last must be --data.size, which is {size}.")
        if len({self.at(step, steps) for step in range(steps)}) < len(self.sizes):
            raise VerismError(
                f"--model.scales {list(self.sizes)}: every one needs a step; --trainer.max_steps is {steps}."
            )

    def at(self, step: int, steps: int) -> int:
        """Return the size for step ``step``, counted from 0, out of ``steps``."""
        return next(
            (size for size, end in zip(self.sizes, self.ends, strict=True) if step < round(steps * end)), self.sizes[-1]
        )
