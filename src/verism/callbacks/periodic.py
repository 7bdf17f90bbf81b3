"""The base class of callbacks that log something about the image every few steps."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, cast

from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.loggers import Logger, TensorBoardLogger
from torch import Tensor

from verism.callbacks.background import Background, arriving
from verism.callbacks.find import find
from verism.errors import VerismError
from verism.module import StyleTransfer

USUAL = 50
"""Default number of steps between looks."""

CLOSE, SHORT = 5, 100
"""Number of steps between looks in short runs, and the length up to which a run is short."""


class Periodic(Callback):
    """Looks at the first image (step 0), at the image after every n-th step, and at the last one.

    It writes on rank zero, to the run's TensorBoard loggers and to others that ``writer`` knows how to write to. An
    image that a last step has spoilt (not finite) is not looked at.
    """

    def __init__(self, every_n_steps: int | None) -> None:
        """Choose how often; raise ``VerismError`` if that is less than 1.

        Args:
            every_n_steps: number of steps between looks; None: ``USUAL``, or ``CLOSE`` in runs of at most ``SHORT``.
        """
        if every_n_steps is not None and every_n_steps < 1:
            raise VerismError(f"every_n_steps {every_n_steps}: must be at least 1.")
        self.every_n_steps = every_n_steps

    @abstractmethod
    def look(self, writer: Any, model: StyleTransfer, step: int, *, first: bool) -> Callable[[], None] | None:
        """Look at the image after ``step`` updates.

        Args:
            writer: of the log.
            model: of the run.
            step: updates so far.
            first: nothing was written yet.

        Returns:
            What writes what there is to see, in another thread while the run goes on: it must not touch the model. It
            is not called if the image is not finite. None: nothing is left to write.
        """

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Look at the first image."""
        self._look(trainer, pl_module, first=True)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Look, if it is time."""
        if trainer.global_step % self._period(trainer) == 0:
            self._look(trainer, pl_module)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Look at the last image, unless that was just done."""
        if trainer.global_step % self._period(trainer):
            self._look(trainer, pl_module)

    def _period(self, trainer: Trainer) -> int:
        return self.every_n_steps or (CLOSE if 0 < trainer.max_steps <= SHORT else USUAL)

    def _look(self, trainer: Trainer, pl_module: LightningModule, *, first: bool = False) -> None:
        model = cast("StyleTransfer", pl_module)
        if not trainer.is_global_zero:
            return
        # Asked in the other thread: here, it would wait for the device.
        sound = arriving(model.image.isfinite().all())
        for logger in trainer.loggers:
            writer = self.writer(logger)
            if writer is not None:
                write = self.look(writer, model, trainer.global_step, first=first)
                if write is not None:
                    _do(trainer, write, sound)

    def writer(self, logger: Logger) -> Any:
        """Return what ``look`` writes to a logger with; None if nothing is written to that logger."""
        return logger.experiment if isinstance(logger, TensorBoardLogger) else None


def _do(trainer: Trainer, write: Callable[[], None], sound: Callable[[], Tensor]) -> None:
    def task() -> None:
        if sound():
            write()

    background = find(trainer, Background)
    if background is None:
        task()  # Of a module that does not ask for it.
    else:
        background.do(task)
