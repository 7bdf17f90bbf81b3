"""The hyperparameters of the run, for every logger."""

from __future__ import annotations

from typing import cast

from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.core.saving import save_hparams_to_yaml
from lightning.pytorch.loggers import TensorBoardLogger

from verism.callbacks.find import find
from verism.callbacks.metrics import Metrics
from verism.callbacks.run_options import hyperparameters, run_options
from verism.module import StyleTransfer


class Hyperparameters(Callback):
    """Logs the options of the run: the parts with their arguments, the photos, the number of steps and the precision.

    Other loggers get them in sections. TensorBoard's logger gets them as ``hparams.yaml`` in the run's folder, and as a
    flat list on its HParams page, where ``Metrics`` logs them together with the first metrics.

    ``StyleTransfer`` adds this callback to a Trainer that has none.
    """

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Log the options, which are complete now that the optimiser exists."""
        model = cast("StyleTransfer", pl_module)
        options = run_options(model)
        for logger in trainer.loggers:
            if not isinstance(logger, TensorBoardLogger):
                logger.log_hyperparams(options)
            elif trainer.is_global_zero:
                if find(trainer, Metrics) is None:
                    logger.log_hyperparams(hyperparameters(model.data, options))
                # Lightning saved hparams.yaml before the options were known. A plain string, because the folder may be
                # a URL.
                save_hparams_to_yaml(f"{logger.log_dir}/{logger.NAME_HPARAMS_FILE}", options)
