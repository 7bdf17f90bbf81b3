"""Reports the progress of a run, and ends it between two steps when asked to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from verism.errors import VerismError
from verism.lines import duration

Tell = Callable[[float, str], object]
"""A function that takes the share of the work that is done, from 0 to 1, and the progress in words."""


class StoppedError(VerismError):
    """Work that was stopped because the user asked for it."""

    def __init__(self) -> None:
        """Set the message."""
        super().__init__("Stopped.")


STEPS = (0.4, 0.9)
"""Shares of the whole work that are done before the first step, and after the last."""

WORKING = "Working out the look"
"""Said while the steps are made."""

EVERY_S = 0.25
"""Least number of seconds from one report of a step to the next. On small photos and on a GPU, steps take milliseconds,
and a page that draws each of them falls behind, by minutes and gigabytes, and does not hear the user."""


class Watch(Callback):
    """Reports the progress of a run, stage by stage and step by step, and ends it when it is asked to stop.

    Attributes:
        has_stopped: whether it has ended the run.
    """

    def __init__(self, tell: Tell, stop: threading.Event, then: str = "the picture is made") -> None:
        """Choose how to report and when to stop.

        Args:
            tell: called with the progress at the beginning of every stage, and after steps at most every ``EVERY_S``.
            stop: when it is set, the run ends before the next stage or step.
            then: what still comes after the steps, whose time left is told: nobody knows how long that takes.
        """
        self._tell, self._stop, self._then = tell, stop, then
        self._began = self._told = 0.0
        self.has_stopped = False

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Report that the photos were read and the network is there: it compares them next."""
        self._begin(0.2, "Finding what both photos show")

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Report that the canvas has its first image: the losses look at the style next."""
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
        """Report how far it is and the time left; neither steps nor their loss say anything to a photographer."""
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
        """Raise ``StoppedError`` if the run was asked to stop; once, so that it can clear up."""
        if self._stop.is_set() and not self.has_stopped:
            self.has_stopped = True
            raise StoppedError
