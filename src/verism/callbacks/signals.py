"""Signals, answered between two steps: Ctrl-C, a closed terminal, a scheduler's last warning, SLURM's requeueing."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from verism.errors import InterruptedRunError

Answer = Callable[[int, FrameType | None], Any]

PATIENCE = b"\nThe run stops at the end of this step; Ctrl-C again stops it at once.\n"


class Signals(Callback):
    """Ends a run between two steps, where image and optimiser are whole, on all of its processes together.

    A signal finds each process somewhere in a step, where the image may be half updated, or where it waits for others
    in vain. That also holds for Lightning's answer to SLURM's SIGUSR1, which saves a checkpoint and requeues the job.
    """

    def __init__(self) -> None:
        """Start without a signal."""
        self._received: int | None = None
        self._requeue: Answer | None = None
        self._requeue_asked = False
        self._terminals: list[int] = []

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Take the place of Lightning's handlers, which it puts back itself; only a main thread may."""
        if threading.current_thread() is not threading.main_thread():
            return
        self._terminals = [stream for stream in (1, 2) if os.isatty(stream)]
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            # Windows has no SIGHUP.
            number = getattr(signal, name, None)
            # Of a command that a shell runs in the background, Ctrl-C is not meant, and nohup ignores SIGHUP.
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._remember)
        handler = signal.getsignal(signal.SIGUSR1) if hasattr(signal, "SIGUSR1") else None
        if "SLURM_JOB_ID" in os.environ and callable(handler):
            self._requeue = handler
            signal.signal(signal.SIGUSR1, self._remember_requeue)

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        """Answer, if any of the processes was sent a signal; here, because the last step is in the log by now.

        Raises:
            InterruptedRunError: it has to stop.
        """
        together = trainer.strategy.reduce_boolean_decision
        if self._requeue is not None and together(self._requeue_asked, all=False):
            self._requeue_asked = False
            self._requeue(signal.SIGUSR1, None)
        if together(self._received is not None, all=False):
            number = signal.Signals(self._received or signal.SIGTERM)
            raise InterruptedRunError(number, trainer.global_step)

    def _remember(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT:
            if self._received is not None:
                raise KeyboardInterrupt
            # What else would print may be what was interrupted.
            os.write(2, PATIENCE)
        elif number != signal.SIGTERM:
            self._leave_terminal()
        self._received = number

    def _leave_terminal(self) -> None:
        """Say the rest to nobody: every write to a terminal that was closed is an error, which would end the run."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in self._terminals:
            os.dup2(nowhere, stream)
        os.close(nowhere)

    def _remember_requeue(self, number: int, frame: FrameType | None) -> None:
        self._requeue_asked = True


def requeued() -> bool:
    """Return whether SLURM has started this job before, under the same number and so with the same folder."""
    # Some sites set it to nothing.
    count = os.environ.get("SLURM_RESTART_COUNT", "").strip()
    return count.isdecimal() and int(count) > 0
