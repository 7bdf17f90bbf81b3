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
"""Default number of steps between entries in the log."""

CLOSE, SHORT = 5, 100
"""Default number of steps between entries in short runs, and the largest number of steps of a short run."""


class Periodic(Callback):
    """Logs something about the first image (step 0), the image after every n-th step, and the last image.

    Subclasses define what is logged in ``observe``. Only rank zero logs, to every logger for which ``writer`` returns
    something: by default, TensorBoard loggers. An image that is not finite is not logged.
    """

    def __init__(self, every_n_steps: int | None) -> None:
        """Choose how often the image is logged.

        Args:
            every_n_steps: number of steps between entries; None: ``USUAL``, or ``CLOSE`` in runs of at most ``SHORT``.

        Raises:
            VerismError: ``every_n_steps`` is less than 1.
        """
        if every_n_steps is not None and every_n_steps < 1:
            raise VerismError(f"every_n_steps {every_n_steps}: must be at least 1.")
        self.every_n_steps = every_n_steps

    @abstractmethod
    def observe(self, writer: Any, model: StyleTransfer, step: int, *, first: bool) -> Callable[[], None]:
        """Look at the image after ``step`` updates.

        Args:
            writer: what ``writer`` returned for one of the loggers.
            model: the module of the run.
            step: number of updates so far.
            first: whether this is the first image.

        Returns:
            A function that writes the entry. It may be called in another thread while the run continues (see
            ``is_beside``), so it must not touch the model; it is not called if the image is not finite.
        """

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Look at the first image."""
        self._look(trainer, pl_module, first=True)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Look at the image if this is an n-th step."""
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
        # Read in the other thread, because reading it here would wait for the device.
        sound = arriving(model.image.isfinite().all())
        for logger in trainer.loggers:
            writer = self.writer(logger)
            if writer is not None:
                write = self.observe(writer, model, trainer.global_step, first=first)
                self._do(trainer, write, sound, beside=self.is_beside(writer, model))

    def writer(self, logger: Logger) -> Any:
        """Return the object with which ``observe`` writes to a logger; None if nothing is written to that logger."""
        return logger.experiment if isinstance(logger, TensorBoardLogger) else None

    def is_beside(self, writer: Any, model: StyleTransfer) -> bool:
        """Return whether entries for a writer are written while the run continues."""
        del writer, model
        return True

    def _do(self, trainer: Trainer, write: Callable[[], None], sound: Callable[[], Tensor], *, beside: bool) -> None:
        def task() -> None:
            if sound():
                write()

        # Only StyleTransfer adds a Background.
        background = find(trainer, Background) if beside else None
        if background is None:
            task()
        else:
            background.do(task, type(self).__name__)
