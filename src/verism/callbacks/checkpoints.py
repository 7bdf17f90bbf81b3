"""The state of a run on disk, from which it goes on as if nothing had been."""

from __future__ import annotations

import shlex
import time
from typing import Any

from lightning.fabric.utilities.cloud_io import get_filesystem
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint
from lightning.pytorch.utilities import rank_zero_info
from torch.optim import Optimizer

from verism.callbacks.signals import requeued
from verism.errors import DivergedError, InterruptedRunError, VerismError


class Checkpoints(Checkpoint):
    """Writes ``checkpoints/last.ckpt`` into the run's folder: image, optimiser, options and the number of the step.

    It is written before the first step, now and then, and at the end, also if that is Ctrl-C, SIGTERM, ``max_time`` or
    an error; the one before it stays as ``last.previous.ckpt``. ``--ckpt_path`` goes on from either.
    """

    def __init__(self, every_n_steps: int | None = None, every_minutes: float = 1.0) -> None:
        """Choose how often.

        Args:
            every_n_steps: steps from one checkpoint to the next; null: the minutes alone decide.
            every_minutes: minutes from one to the next, at the end of a step.

        Raises:
            VerismError: one of them is not above 0.
        """
        if (every_n_steps is not None and every_n_steps < 1) or not every_minutes > 0:
            raise VerismError("--checkpoints: every_n_steps and every_minutes must be above 0.")
        self.every_n_steps = every_n_steps
        self.every_minutes = every_minutes
        self._path = ""
        self._saved: int | None = None
        self._time = 0.0
        self._updating: int | None = None

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Choose the file: a run without a logger has no folder of its own, and leaves other runs' files alone."""
        folder = f"{trainer.log_dir or trainer.default_root_dir}/checkpoints"
        names = ["last.ckpt"]
        files = get_filesystem(folder)
        while not requeued() and files.exists(f"{folder}/{names[-1]}"):
            names.append(f"last-v{len(names)}.ckpt")
        self._path = trainer.strategy.broadcast(f"{folder}/{names[-1]}")

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the first, so that there always is one."""
        self._write(trainer)

    def on_before_optimizer_step(self, trainer: Trainer, pl_module: LightningModule, optimizer: Optimizer) -> None:
        """Remember that image and optimiser are about to change, one after the other."""
        self._updating = trainer.global_step

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Write one, if it is time."""
        due = self.every_n_steps is not None and trainer.global_step % self.every_n_steps == 0
        late = time.monotonic() - self._time > 60 * self.every_minutes
        if due or trainer.strategy.reduce_boolean_decision(late, all=False):
            self._write(trainer)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the last, unless its image is spoilt."""
        (image,) = pl_module.parameters()
        if bool(image.isfinite().all()):
            self._write(trainer)
        if trainer.global_step < trainer.max_steps:
            self._say()

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """Write the last, if there is a whole and sound one, and say how to go on."""
        if not self._path or self._saved is None:
            return
        whole = self._updating != trainer.global_step
        # An error may be one process's alone, and the others would be waited for in vain.
        together = trainer.world_size == 1 or isinstance(exception, InterruptedRunError)
        if whole and together and not isinstance(exception, DivergedError):
            self._write(trainer)
        self._say()

    def _write(self, trainer: Trainer) -> None:
        if trainer.global_step != self._saved:
            trainer.save_checkpoint(self._path, weights_only=False)
            self._saved = trainer.global_step
            self._time = time.monotonic()

    def _say(self) -> None:
        rank_zero_info(f"To go on from step {self._saved}: --ckpt_path {shlex.quote(self._path)}")
