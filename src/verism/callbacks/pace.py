"""Estimates how long several consecutive runs will still take."""

from __future__ import annotations

import time

from verism.lines import Lines


class Pace:
    """The start times of the runs; between two of them, photos are read, fitted to and written.

    Attributes:
        runs: number of all runs.
        lines: decides when to print a line of progress.
    """

    def __init__(self, runs: int) -> None:
        """Expect a number of runs, none of which has begun."""
        self.runs, self.lines = runs, Lines()
        self._begun: list[float] = []

    def begin(self) -> None:
        """Record that the next run begins."""
        self._begun.append(time.monotonic())

    @property
    def number(self) -> int:
        """The number of the current run, from 0."""
        return len(self._begun) - 1

    def left(self, steps: float) -> float:
        """Return how many seconds all remaining runs will take.

        A run is expected to take as long as the mean of the runs before it; the first, as long as its steps still need.

        Args:
            steps: how many seconds the remaining steps of the current run will take.
        """
        first, latest = self._begun[0], self._begun[-1]
        spent = time.monotonic() - latest
        whole = (latest - first) / self.number if self.number else spent + steps
        return max(steps, whole - spent) + whole * (self.runs - self.number - 1)
