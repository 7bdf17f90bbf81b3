"""The closing message of a run."""

from __future__ import annotations

import shlex
import time

from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.loggers import TensorBoardLogger
from lightning.pytorch.utilities import rank_zero_info


class Summary(Callback):
    """Prints how long the run took, however it ended, and how to open its log in TensorBoard."""

    def __init__(self) -> None:
        """Start without a time."""
        self._start = 0.0
        self._steps = 0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clock, and note how many steps a resumed run had already made."""
        self._start, self._steps = time.monotonic(), trainer.global_step

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Print the message."""
        seconds = time.monotonic() - self._start
        steps = trainer.global_step - self._steps
        rank_zero_info(f"{steps} step{'' if steps == 1 else 's'} in {seconds:.0f} s.")
        for logger in trainer.loggers:
            if isinstance(logger, TensorBoardLogger):
                folder = shlex.quote(str(logger.root_dir))
                rank_zero_info(f"To look back on it: tensorboard --logdir {folder} --host localhost")

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """Print the message for a run that was cut short, if its first step had begun."""
        if self._start:
            self.on_train_end(trainer, pl_module)
