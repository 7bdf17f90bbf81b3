"""Reports the progress of a run, and ends it between two steps when asked to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from verism.callbacks.progress import describe
from verism.errors import VerismError

Tell = Callable[[float, str], object]
"""A function that takes the share of the work that is done, from 0 to 1, and the progress in words."""


class StoppedError(VerismError):
    """Work that was stopped because the user asked for it."""

    def __init__(self) -> None:
        """Set the message."""
        super().__init__("Stopped.")


class Watch(Callback):
    """Reports the progress of a run after every step, and ends the run before a step when it is asked to stop."""

    def __init__(self, tell: Tell, stop: threading.Event) -> None:
        """Choose how to report and when to stop.

        Args:
            tell: called with the progress after every step.
            stop: when it is set, the run ends before the next step.
        """
        self._tell, self._stop = tell, stop
        self._began = 0.0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clock."""
        self._began = time.monotonic()

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        """Raise ``StoppedError`` if the run was asked to stop."""
        if self._stop.is_set():
            raise StoppedError

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Report the step that was made."""
        step, steps = trainer.global_step, trainer.max_steps
        seconds = (time.monotonic() - self._began) / step * (steps - step)
        self._tell(step / steps, describe(step, steps, seconds, float(outputs["loss"])))
