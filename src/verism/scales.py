"""Coarse to fine: the size of the image at each step."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import accumulate, pairwise
from operator import index

from verism.errors import VerismError
from verism.photo_file import MIN_SIDE


class Scales:
    """Short sides, ascending, and the share of the steps for each of them.

    A small image takes less time per step, and lets the network see a style's large structures; a large image then
    starts from it.

    Attributes:
        sizes: short sides in pixels.
        shares: the share of the steps for each of them, in any unit.
        ends: share of all steps after which each size ends, up to 1.
    """

    def __init__(self, sizes: Iterable[int], shares: Iterable[float] | None = None) -> None:
        """Check the sizes and shares.

        Args:
            sizes: short sides in pixels.
            shares: shares of the steps, in any unit; None: equal shares.

        Raises:
            VerismError: there are no sizes, they are not whole numbers that ascend, one is too small for a photo, or
                the number of shares differs or one is not a number above 0.
        """
        try:
            # From Python, the numbers may be NumPy's.
            self.sizes = tuple(index(size) for size in sizes)
        except TypeError as error:
            raise VerismError(f"--model.scales {sizes}: must be a list of whole numbers.") from error
        said = list(self.sizes)
        if not said or any(coarse >= fine for coarse, fine in pairwise(said)):
            raise VerismError(f"--model.scales {said}: must be one short side or more, in ascending order.")
        if said[0] < MIN_SIDE:
            raise VerismError(f"--model.scales {said}: must be at least {MIN_SIDE} pixels each.")
        try:
            self.shares = tuple(1.0 for _ in said) if shares is None else tuple(float(share) for share in shares)
        except (TypeError, ValueError) as error:
            raise VerismError(f"--model.shares {shares}: must be a list of numbers.") from error
        if len(self.shares) != len(said) or not all(0 < share < math.inf for share in self.shares):
            raise VerismError(
                f"--model.shares {list(self.shares)}: must be a number above 0 for each of --model.scales."
            )
        self.ends = [end / sum(self.shares) for end in accumulate(self.shares)]

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
