"""Reports the progress of a run, and ends it between two steps on request."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from verism.errors import VerismError
from verism.lines import duration

Tell = Callable[[float, str], object]
"""A function that receives the share of the work that is done, from 0 to 1, and the progress in words."""


class StoppedError(VerismError):
    """Raised for work that was stopped at the user's request."""

    def __init__(self) -> None:
        """Set the message."""
        super().__init__("Stopped.")


STEPS = (0.4, 0.9)
"""Shares of the whole work that are done before the first step, and after the last."""

WORKING = "Working out the look"
"""Status during the steps."""

EVERY_S = 0.25
"""Minimum interval, in seconds, between progress reports. On small photos and on a GPU, steps take milliseconds. A page
that draws each of them falls behind by minutes and gigabytes, and does not respond to the user."""


class Watch(Callback):
    """Reports the progress of a run, by stage and by step, and ends the run when asked to stop.

    Attributes:
        has_stopped: whether it ended the run.
    """

    def __init__(self, tell: Tell, stop: threading.Event, then: str = "the picture is made") -> None:
        """Set how to report and when to stop.

        Args:
            tell: called with the progress at the start of every stage, and after steps at most every ``EVERY_S``.
            stop: when set, the run ends before the next stage or step.
            then: what follows the steps, whose remaining time is reported; the time of what follows is unknown.
        """
        self._tell, self._stop, self._then = tell, stop, then
        self._began = self._told = 0.0
        self.has_stopped = False

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Report that the photos were read and the network loaded. The photos are compared next."""
        self._begin(0.2, "Finding what both photos show")

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Report that the canvas has its first image. The losses compute their targets next."""
        self._begin(0.35, "Looking at the style")

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clock."""
        self._began = time.monotonic()
        self._begin(STEPS[0], WORKING)

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        """Raise ``StoppedError`` if the run was asked to stop."""
        self.obey()

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Report the progress and the time left. Step numbers and losses mean nothing to a photographer."""
        step, steps, now = trainer.global_step, trainer.max_steps, time.monotonic()
        if step == steps:
            self._tell(STEPS[1], "Making the picture")
        elif now - self._told >= EVERY_S:
            self._told = now
            seconds = (now - self._began) / step * (steps - step)
            done = STEPS[0] + (STEPS[1] - STEPS[0]) * step / steps
            self._tell(done, f"{WORKING}, {duration(seconds)} left; then {self._then}")

    def _begin(self, share: float, stage: str) -> None:
        self.obey()
        self._tell(share, stage)

    def obey(self) -> None:
        """Raise ``StoppedError`` if the run was asked to stop, but only once, so that it can clean up."""
        if self._stop.is_set() and not self.has_stopped:
            self.has_stopped = True
            raise StoppedError
