"""Stops a run whose loss no longer falls."""

from __future__ import annotations

import math

import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import EarlyStopping
from lightning.pytorch.utilities import rank_zero_info

from verism.errors import VerismError

FALL = 0.01
"""By what share of itself the loss has to fall."""


class Settled(EarlyStopping):
    """Stops a run if the loss has not fallen by ``FALL`` of itself within so many steps, at the last scale.

    The option ``--model.patience``. It is Lightning's ``EarlyStopping``, for losses of any size: ``StopEarly`` has it
    look at the steps that are logged.
    """

    def __init__(self, steps: int) -> None:
        """Choose how many; raise ``VerismError`` if that is less than 1."""
        if steps < 1:
            raise VerismError(f"--model.patience {steps}: must be at least 1 step, or null.")
        super().__init__("loss", check_finite=False, check_on_train_epoch_end=False)
        self.steps = steps

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Translate steps to steps that are logged; raise ``VerismError`` if none are."""
        every = trainer.log_every_n_steps  # type: ignore[attr-defined]  # A public option, set by a connector.
        if not every:
            raise VerismError("--model.patience needs logged steps: set --trainer.log_every_n_steps above 0.")
        self.patience = math.ceil(self.steps / every)

    def _run_early_stopping_check(self, trainer: Trainer) -> None:
        best = float(self.best_score)
        self.min_delta = -FALL * abs(best) if math.isfinite(best) else 0.0
        before = trainer.should_stop
        super()._run_early_stopping_check(trainer)
        # Kept on the CPU, so that it goes into a checkpoint, and to another device, as it is.
        self.best_score = torch.as_tensor(self.best_score).detach().cpu()
        if trainer.should_stop and not before:
            rank_zero_info(
                f"The loss has not fallen by {FALL:.0%} in {self.steps} steps: the run ends after step "
                f"{trainer.global_step}."
            )
