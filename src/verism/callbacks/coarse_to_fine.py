"""From scale to scale within one run."""

from __future__ import annotations

from typing import Any, cast

from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.strategies import DDPStrategy, Strategy

from verism.module import StyleTransfer


class CoarseToFine(Callback):
    """Goes on at the next of ``StyleTransfer``'s scales when it is its turn: with new targets and a new optimiser.

    The image stays, at another size. ``StyleTransfer`` adds this callback to every Trainer.
    """

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        """Change the scale if this step is the first of one."""
        model = cast("StyleTransfer", pl_module)
        size = model.size_at(trainer.global_step)
        if size == model.size:
            return
        model.resize(size)
        watch(trainer.strategy, model)
        trainer.strategy.setup_optimizers(trainer)
        model.on_fit_start()


def watch(strategy: Strategy, model: LightningModule) -> None:
    """Have processes that share an image exchange the gradients of a model's present parameters.

    DistributedDataParallel knows those that there were when it was made, and another size needs another parameter.
    """
    if isinstance(strategy, DDPStrategy):
        strategy.model = model
        strategy.configure_ddp()
