"""The result, on disk however the run ends."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, cast

from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.utilities import rank_zero_info
from torch import Tensor

from verism import images
from verism.errors import DivergedError, VerismError
from verism.module import StyleTransfer


class Output(Callback):
    """Writes the image to a file at the end of the run, also if that is Ctrl-C, ``max_time`` or an error.

    The image written is the last one that was good: a run whose loss is no longer finite is stopped, and the image from
    before that is kept.
    """

    def __init__(self, path: Path | None = None, overwrite: bool = False) -> None:
        """Choose where.

        Args:
            path: a .png, .jpg or .jpeg file; null: result.png in the run's own folder (lightning_logs/version_N).
            overwrite: replace the file if it exists; otherwise the run is refused before it starts.
        """
        self.path = None if path is None else Path(path)
        self.overwrite = overwrite
        self._destination = Path()
        self._before: Tensor | None = None
        self._good: Tensor | None = None

    def check(self, trainer: Trainer) -> Path:
        """Return where the result will be.

        Raises:
            VerismError: it exists and must not be overwritten, or its ending is not one that can be written.
        """
        path = self.path or Path(trainer.log_dir or trainer.default_root_dir) / "result.png"
        images.format_options(path)
        if path.exists() and not self.overwrite:
            raise VerismError(f"{path}: exists already; choose another --output.path, or set --output.overwrite true.")
        return path

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Refuse a run whose result could not be written."""
        self._destination = self.check(trainer)

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        """Keep the image that the step is about to look at."""
        self._before = cast(StyleTransfer, pl_module).image

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Call the image that the step looked at good, or stop the run.

        Raises:
            DivergedError: the loss is not finite.
        """
        total = float(outputs["loss"])
        if math.isfinite(total):
            self._good = self._before
            return
        values = {name: float(term.raw) for name, term in outputs["terms"].items()}
        culprit = next((name for name, value in values.items() if not math.isfinite(value)), "total")
        raise DivergedError(
            f"The {culprit} loss became {values.get(culprit, total)} at step {trainer.global_step - 1}: use a lower "
            f"--optimizer.lr or weight, or a wider precision; the last good image is in {self._destination}."
        )

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the last image, or the one before if the last step spoilt it."""
        image = cast(StyleTransfer, pl_module).image
        self._write(trainer, pl_module, image if bool(image.isfinite().all()) else self._good)

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """Write the last good image, if the run has one."""
        self._write(trainer, pl_module, self._good)

    def _write(self, trainer: Trainer, pl_module: LightningModule, image: Tensor | None) -> None:
        if image is None or not trainer.is_global_zero:
            return
        identity = cast(StyleTransfer, pl_module).backbone.identity
        images.write(self._destination, image, {**identity, "steps": str(trainer.global_step)})
        rank_zero_info(f"Result: {self._destination}")
