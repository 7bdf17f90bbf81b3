"""Decides when to print a line of progress where there is no terminal for a bar, such as in a log file."""

from __future__ import annotations

import math
import time

LEAST, MOST = 3.0, 60.0
"""Seconds from one line to the next: a tenth of the total time, within these bounds. Shorter work prints no line."""

TENTH = 1 / 10

MINUTE = 60
"""Seconds in a minute, and minutes in an hour."""


class Lines:
    """The times at which lines were written."""

    def __init__(self) -> None:
        """Start the clock."""
        self._begun = self._last = time.monotonic()

    def due(self, left: float | None) -> bool:
        """Return whether a line is due now; if so, it counts as written.

        Args:
            left: how many seconds the work will still take; None if unknown.
        """
        now = time.monotonic()
        whole = now - self._begun + (left or 0)
        if now - self._last < min(max(TENTH * whole, LEAST), MOST):
            return False
        self._last = now
        return True


def duration(seconds: float) -> str:
    """Return a duration as a person would say it: ``40 s``, ``3 min``, ``2 h 10 min``."""
    # Rounded up, so that it does not say 0 s while there is still something to do.
    whole = math.ceil(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    minutes = math.ceil(whole / MINUTE)
    if minutes < MINUTE:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, MINUTE)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
