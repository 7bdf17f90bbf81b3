"""A progress bar that shows how far a run is and how long it will still take."""

from __future__ import annotations

import logging
import math
import sys
import time
from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import ProgressBar
from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar

from verism.callbacks.pace import Pace
from verism.callbacks.scalars import is_looked_at
from verism.lines import Lines, duration


class Progress(ProgressBar):
    """Draws a bar with the steps made, the loss and the time left; in a log file, writes a line from time to time.

    The bar is drawn on stderr, in colour if the terminal supports it. It disappears when everything is written.
    Messages logged meanwhile appear above it. A run that resumes from a checkpoint also counts the steps before that.
    """

    def __init__(self, pace: Pace | None = None, label: str = "", *, tells_loss: bool = True) -> None:
        """Choose what is shown.

        Args:
            pace: pace of the runs that share the bar, including this one, if there are several of the same length.
            label: written before the bar, such as the names of the photos.
            tells_loss: whether to show steps and loss instead of the percentage done, which means more to a
                photographer.
        """
        super().__init__()
        self._pace, self._label, self._tells_loss = pace, label, tells_loss
        self._enabled = True
        self._bar: Bar | None = None
        self._handlers: list[logging.StreamHandler[Any]] = []
        self._shown = False
        self._first = 0
        self._start = (0, 0.0)
        self._lines = Lines() if pace is None else pace.lines
        self._printed = False
        self._loss = math.nan

    def disable(self) -> None:
        """Show nothing, as Lightning requests for all processes except the first."""
        self._enabled = False

    def enable(self) -> None:
        """Show the bar again."""
        self._enabled = True

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Draw the bar if there is a terminal; the work before the first step takes seconds."""
        super().setup(trainer, pl_module, stage)
        self._shown = stage == "fit" and self._enabled and trainer.is_global_zero
        console = Console(file=sys.stderr)
        if self._shown and not console.is_terminal and self._pace is not None and self._pace.number == 0:
            # Without a bar, nothing would be printed until the first line about a step is due.
            sys.stderr.write("Looking at the photos …\n")
        if not (self._shown and console.is_terminal):
            return
        self._bar = Bar(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[state]}", markup=False),
            console=console,
            expand=True,
            transient=True,
        )
        self._bar.add_task(self._label, total=None, state="looking at the photos")
        self._bar.start()
        # rich replaces sys.stderr while it draws, so that output appears above the bar; handlers created earlier still
        # write directly to the terminal.
        logger = logging.getLogger("lightning.pytorch")
        self._handlers = [it for it in logger.handlers if getattr(it, "stream", None) is console.file]  # type: ignore[misc]
        for handler in self._handlers:
            handler.setStream(sys.stderr)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Show how many steps there are."""
        self._first, self._printed = trainer.global_step, False
        # The steps of an earlier run, which this one resumes, say nothing about how long its own will take.
        self._start = (self._first, time.monotonic())
        self._loss = math.nan
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], total=self._total())
            self._show()

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        """Start the clock at the first step, and again at the second, because the first takes longer."""
        if trainer.global_step <= self._first + 1:
            self._start = (trainer.global_step, time.monotonic())

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Show the step that was made."""
        if self._shown:
            if self._tells_loss and is_looked_at(trainer, outputs["loss"]):
                self._loss = float(outputs["loss"])
            self._show()

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Show what the seconds after the last step are spent on."""
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], state="writing the picture", refresh=True)

    def teardown(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Remove the bar."""
        self._close()

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """Remove the bar."""
        self._close()

    def _show(self) -> None:
        step, total = self.trainer.global_step, self._steps()
        left = self._seconds_left(step, total)
        of_all = self._pace is not None and self._pace.runs > 1
        state = describe(step, total, left, self._loss, in_parts=not self._tells_loss, of_all=of_all)
        if self._bar is not None:
            done = (0 if self._pace is None else self._pace.number) * (total or 0) + step
            self._bar.update(self._bar.task_ids[0], completed=done, state=state, refresh=step == total)
        elif self._shown and (self._lines.due(left) or (self._printed and step == total)):
            self._printed = True
            sys.stderr.write(f"{self._label}{': ' if self._label else ''}{state}\n")

    def _close(self) -> None:
        if self._bar is None:
            return
        self._bar.stop()
        for handler in self._handlers:
            handler.setStream(sys.stderr)
        self._bar, self._handlers = None, []

    def _steps(self) -> int | None:
        """Return the number of steps in the run; None if the run is not limited by steps."""
        steps = self.trainer.estimated_stepping_batches
        return int(steps) if math.isfinite(steps) and steps > 0 else None

    def _total(self) -> int | None:
        steps = self._steps()
        return None if steps is None else steps * (1 if self._pace is None else self._pace.runs)

    def _seconds_left(self, step: int, total: int | None) -> float | None:
        first, then = self._start
        if total is None or step <= first:
            return None
        seconds = (time.monotonic() - then) / (step - first) * (total - step)
        return seconds if self._pace is None else self._pace.left(seconds)


def describe(
    step: int, total: int | None, seconds: float | None, loss: float, *, in_parts: bool = False, of_all: bool = False
) -> str:
    """Return how far a run is in words, such as ``step 3 of 60, loss 0.12, 40 s left``, or ``5% done, 40 s left``.

    Args:
        step: number of steps made.
        total: number of steps in the run; None if the run is not limited by steps.
        seconds: time left; None if unknown.
        loss: the total loss of the last step at which it was read; NaN before the first.
        in_parts: give the percentage done instead of the step, if the number of steps is limited.
        of_all: whether the time left is that of several runs, while the rest is that of one.
    """
    counted = f"step {step}" if total is None else f"step {step} of {total}"
    parts = [f"{step / total:.0%} done" if in_parts and total else counted]
    if not math.isnan(loss):
        parts.append(f"loss {loss:.3g}")
    if seconds is not None and seconds > 0:
        parts.append(f"{duration(seconds)} left{' for all' if of_all else ''}")
    return ", ".join(parts)
