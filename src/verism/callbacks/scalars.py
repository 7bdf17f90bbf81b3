"""The losses and the speed, as numbers over steps."""

from __future__ import annotations

import time
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from verism.losses import Term


class Scalars(Callback):
    """Logs the losses of the image as it was before each step, every ``--trainer.log_every_n_steps`` steps.

    Step n is the image after n updates, so that step 0 is the first image. An optimiser that looks several times before
    an update (L-BFGS) is logged by the last look. Tags, for every logger of the run:

    - ``loss/total``: Σ weighted terms, what is minimised.
    - ``loss/{content,style,color}``: the term before its weight: Σ layer weight · layer loss.
    - ``loss/style/{layer}``: a style layer's loss before its weights; likewise for content and color.
    - ``weighted/{content,style,color}``, ``weighted/style/{layer}``: the same, as shares of the total.
    - ``gradient/norm``: Euclidean norm of the total's gradient with respect to the canvas's parameter; after clipping,
      if the Trainer clips.
    - ``speed/steps_per_second``: over the steps since the last such point.

    The total also stands in the progress bar, and as ``loss`` in ``trainer.callback_metrics``.
    """

    def __init__(self) -> None:
        """Start with no step timed."""
        self._since = (0, 0.0)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clock."""
        self._since = (trainer.global_step, time.perf_counter())

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Log what the step computed."""
        pl_module.log("loss", outputs["loss"], prog_bar=True, logger=False)
        step = trainer.global_step - 1
        every = trainer.log_every_n_steps  # type: ignore[attr-defined]  # A public option, set by a connector.
        if not every or (step % every and trainer.global_step != trainer.max_steps):
            return
        scalars = {"loss/total": float(outputs["loss"])}
        for name, term in outputs["terms"].items():
            scalars |= _scalars(name, term)
        gradients = [parameter.grad.norm() for parameter in pl_module.parameters() if parameter.grad is not None]
        scalars["gradient/norm"] = float(torch.stack(gradients).norm())
        since, then = self._since
        self._since = (trainer.global_step, time.perf_counter())
        scalars["speed/steps_per_second"] = (trainer.global_step - since) / (self._since[1] - then)
        for logger in trainer.loggers:
            logger.log_metrics(scalars, step=step)


def _scalars(name: str, term: Term) -> dict[str, float]:
    scalars = {f"loss/{name}": float(term.raw), f"weighted/{name}": float(term.weighted)}
    for layer, value in term.values.items():
        scalars[f"loss/{name}/{layer}"] = float(value)
        scalars[f"weighted/{name}/{layer}"] = term.weight * term.layers[layer] * float(value)
    return scalars
