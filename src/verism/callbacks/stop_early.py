"""Early stopping within the single epoch of a run."""

from __future__ import annotations

from typing import Any, cast

from lightning.pytorch import Callback, LightningModule, Trainer

from verism.callbacks.scalars import is_due
from verism.module import StyleTransfer


class StopEarly(Callback):
    """Makes Lightning's ``EarlyStopping`` callbacks check the loss at every logged step.

    By itself, ``EarlyStopping`` checks the loss at the end of an epoch, and a run has only one. Its ``patience`` counts
    logged steps, which are ``log_every_n_steps`` apart. If the image goes through several scales, only the last is
    checked, since losses at different sizes are not comparable. ``StyleTransfer`` adds this callback to every Trainer.
    """

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Run their checks of the loss if the step was logged and belongs to the last scale."""
        model = cast("StyleTransfer", pl_module)
        at_last = model.scales is None or model.size == model.scales.sizes[-1]
        if at_last and is_due(trainer):
            for callback in trainer.early_stopping_callbacks:
                if callback is not None:
                    callback._run_early_stopping_check(trainer)
