"""Stops a run whose loss no longer falls."""

from __future__ import annotations

import math

import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import EarlyStopping
from lightning.pytorch.utilities import rank_zero_info

from verism.callbacks.scalars import logged_every
from verism.errors import VerismError

FALL = 0.01
"""Share of its value by which the loss must fall."""


class Settled(EarlyStopping):
    """Stops a run whose loss has not fallen by the share ``FALL`` within a number of steps at the last scale.

    This implements the option ``--model.patience``: Lightning's ``EarlyStopping`` with a threshold relative to the
    loss. ``StopEarly`` makes it check every logged step.
    """

    def __init__(self, steps: int) -> None:
        """Choose the number of steps; raise ``VerismError`` if it is less than 1."""
        if steps < 1:
            raise VerismError(f"--model.patience {steps}: must be at least 1 step, or null.")
        super().__init__("loss", check_finite=False, check_on_train_epoch_end=False)
        self.steps = steps

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Convert the number of steps to a number of logged steps; raise ``VerismError`` if no steps are logged."""
        every = logged_every(trainer)
        if not every:
            raise VerismError("--model.patience needs logged steps: set --trainer.log_every_n_steps above 0.")
        self.patience = math.ceil(self.steps / every)

    def _run_early_stopping_check(self, trainer: Trainer) -> None:
        best = float(self.best_score)
        self.min_delta = -FALL * abs(best) if math.isfinite(best) else 0.0
        before = trainer.should_stop
        super()._run_early_stopping_check(trainer)
        # Kept on the CPU, so that a checkpoint of it can be loaded on any device.
        self.best_score = torch.as_tensor(self.best_score).detach().cpu()
        if trainer.should_stop and not before:
            rank_zero_info(
                f"The loss has not fallen by {FALL:.0%} in {self.steps} steps: the run ends after step "
                f"{trainer.global_step}."
            )
