"""The bar that shows how far a run is."""

from __future__ import annotations

from typing import Any

from lightning.pytorch.callbacks import TQDMProgressBar


class StepBar(TQDMProgressBar):
    """Lightning's bar, which counts right in a run that goes on from a checkpoint.

    Lightning's own total is what is left to do, and its count begins with what was done: 50 of 36.
    """

    def on_train_start(self, *args: Any) -> None:
        """Show the total also of a run that goes on in the middle of an epoch, whose start is not announced."""
        super().on_train_start(*args)
        self.train_progress_bar.total = self.total_train_batches

    @property
    def total_train_batches(self) -> int | float:
        """The number of steps in this epoch: those that were made, and those that are left."""
        if self.trainer.max_steps < 0:
            return self.trainer.num_training_batches
        done = self.trainer.fit_loop.epoch_loop.batch_progress.current.ready
        return min(self.trainer.num_training_batches, done + self.trainer.max_steps - self.trainer.global_step)
