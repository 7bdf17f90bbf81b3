"""Handles signals between two steps: Ctrl-C, a closed terminal, a scheduler's last warning, SLURM's requeueing."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from verism.errors import InterruptedRunError

Handler = Callable[[int, FrameType | None], Any]

PATIENCE = b"\nThe run stops at the end of this step; Ctrl-C again stops it at once.\n"


class Signals(Callback):
    """Stops a run between two steps, when image and optimiser are consistent, in all of its processes at once.

    A signal can reach a process anywhere within a step: the image may be half updated, and if one process stopped
    there, the others would wait for it forever. So signals are only recorded, and handled between two steps. This
    includes SLURM's SIGUSR1, to which Lightning's handler responds by writing a checkpoint and requeueing the job.
    """

    def __init__(self) -> None:
        """Start without a signal."""
        self._received: int | None = None
        self._requeue: Handler | None = None
        self._requeue_asked = False
        self._terminals: list[int] = []
        self._steps_left = True

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Replace Lightning's signal handlers if this is the main thread; Lightning itself removes them at the end."""
        if threading.current_thread() is not threading.main_thread():
            return
        self._steps_left = True
        self._terminals = [stream for stream in (1, 2) if os.isatty(stream)]
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            # Windows has no SIGHUP.
            number = getattr(signal, name, None)
            # Ignored signals stay ignored: a shell's background jobs ignore SIGINT, and nohup ignores SIGHUP.
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._remember)
        handler = signal.getsignal(signal.SIGUSR1) if hasattr(signal, "SIGUSR1") else None
        if "SLURM_JOB_ID" in os.environ and callable(handler):
            self._requeue = handler
            signal.signal(signal.SIGUSR1, self._remember_requeue)

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        """Handle a signal that any of the processes has received; by now, the last step has been logged.

        Raises:
            InterruptedRunError: the signal stops the run.
        """
        together = trainer.strategy.reduce_boolean_decision
        if self._requeue is not None and together(self._requeue_asked, all=False):
            self._requeue_asked = False
            self._requeue(signal.SIGUSR1, None)
        if together(self._received is not None, all=False):
            number = signal.Signals(self._received or signal.SIGTERM)
            raise InterruptedRunError(number, trainer.global_step)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Note the last step, after which no later step could act on a signal and stop the run."""
        self._steps_left = trainer.global_step != trainer.max_steps

    def after_last_step(self, trainer: Trainer) -> signal.Signals | None:
        """Return the signal that any of the processes received too late to stop the run; None if there was none.

        The result is complete by then, but the signal is also meant for whatever comes next. All processes must call
        this together.
        """
        if not trainer.strategy.reduce_boolean_decision(self._received is not None, all=False):
            return None
        return signal.Signals(self._received or signal.SIGTERM)

    def _remember(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT:
            if self._received is not None:
                raise KeyboardInterrupt
            if self._steps_left:
                # Not with print, because the signal may have interrupted a print.
                os.write(2, PATIENCE)
        elif number != signal.SIGTERM:
            self._leave_terminal()
        self._received = number

    def _leave_terminal(self) -> None:
        """Discard further output: a write to a closed terminal is an error, which would end the run at once."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in self._terminals:
            os.dup2(nowhere, stream)
        os.close(nowhere)

    def _remember_requeue(self, number: int, frame: FrameType | None) -> None:
        self._requeue_asked = True


def requeued() -> bool:
    """Return whether SLURM has started this job before, under the same number and so with the same folder."""
    # Some sites set it to an empty string.
    count = os.environ.get("SLURM_RESTART_COUNT", "").strip()
    return count.isdecimal() and int(count) > 0
