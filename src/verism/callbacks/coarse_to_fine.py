"""Changes the size of the image within a run, from coarse to fine."""

from __future__ import annotations

from typing import Any, cast

from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.strategies import DDPStrategy, Strategy

from verism.module import StyleTransfer


class CoarseToFine(Callback):
    """Moves to the next of ``StyleTransfer``'s scales when it is due, with new targets and a new optimiser.

    The image is kept and resized. ``StyleTransfer`` adds this callback to every Trainer.
    """

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        """Change the scale if this step is the first of a new one."""
        model = cast("StyleTransfer", pl_module)
        size = model.size_at(trainer.global_step)
        if size == model.size:
            return
        model.resize(size)
        rewrap(trainer.strategy, model)
        trainer.strategy.setup_optimizers(trainer)
        model.on_fit_start()


def rewrap(strategy: Strategy, model: LightningModule) -> None:
    """Wrap a model in DistributedDataParallel again, if it is wrapped, so that its current parameters are synchronised.

    The wrapper only knows the parameters that the model had when it was wrapped, and an image of another size is a new
    parameter.
    """
    if isinstance(strategy, DDPStrategy):
        strategy.model = model
        strategy.configure_ddp()
