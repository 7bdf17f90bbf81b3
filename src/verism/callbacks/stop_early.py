"""Early stopping within the one epoch that a run has."""

from __future__ import annotations

from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from verism.callbacks.scalars import is_due


class StopEarly(Callback):
    """Has Lightning's ``EarlyStopping`` callbacks look at every step that is logged.

    By itself, ``EarlyStopping`` looks at the end of an epoch, and a run has only one. Its ``patience`` counts these
    steps, ``log_every_n_steps`` apart. ``StyleTransfer`` adds this callback to every Trainer.
    """

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Let them look, if the step was logged."""
        if is_due(trainer):
            for callback in trainer.early_stopping_callbacks:
                if callback is not None:
                    callback._run_early_stopping_check(trainer)
