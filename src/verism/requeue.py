"""Jobs that SLURM warns, ends and starts again."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from types import FrameType
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer


class Requeue(Callback):
    """Has Lightning answer SLURM's warning at the end of a step.

    Lightning saves a checkpoint and requeues the job from within the signal's handler, and the processes of the run do
    so together; but the signal finds each of them somewhere else in a step, where it waits for the others in vain.
    """

    def __init__(self) -> None:
        """Start without a warning."""
        self._answer: Callable[[int, FrameType | None], Any] | None = None
        self._warned = False

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Take the place of Lightning's handler, which is there in a job of SLURM's, and which it removes itself."""
        handler = signal.getsignal(signal.SIGUSR1) if hasattr(signal, "SIGUSR1") else None
        if "SLURM_JOB_ID" in os.environ and callable(handler):
            self._answer = handler
            signal.signal(signal.SIGUSR1, self._remember)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Answer, if any of the processes was warned."""
        if self._answer is not None and trainer.strategy.reduce_boolean_decision(self._warned, all=False):
            self._warned = False
            self._answer(signal.SIGUSR1, None)

    def _remember(self, signum: int, frame: FrameType | None) -> None:
        self._warned = True


def requeued() -> bool:
    """Return whether SLURM has started this job before, under the same number and so with the same folder."""
    return int(os.environ.get("SLURM_RESTART_COUNT", "0")) > 0
