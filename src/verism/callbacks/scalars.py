"""The losses and the speed, as numbers over steps."""

from __future__ import annotations

import time
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor

from verism.losses import Term

UNLOGGED = 50
"""Number of steps between readings of the loss on a GPU in a run that logs none."""


class Scalars(Callback):
    """Logs the losses of the image before each step, every ``--trainer.log_every_n_steps`` steps.

    Step n is the image after n updates, so step 0 is the first image. If an optimiser computes the loss several times
    per update (L-BFGS), the last value is logged. Tags, for every logger of the run:

    - ``loss/total``: the sum of the weighted terms, which is minimised.
    - ``loss/{content,style,color}``: the term before its weight: Σ layer weight · layer loss.
    - ``optimizer/gradient_norm``: Euclidean norm of the total's gradient with respect to the canvas's parameters; after
      clipping, if the Trainer clips.
    - ``speed/steps_per_second``: over the steps since the previous logged point.
    - ``terms/style/{layer}``: a style layer's loss before its weights; likewise for content and color.
    - ``weighted/{content,style,color}``, ``weighted_terms/style/{layer}``: the same after their weights, so that they
      add up to the total. (No tag is a parent folder of another, because MLflow's file store turns each tag into a
      file.)

    TensorBoard shows the groups in alphabetical order, which is the order above, after ``compare/side_by_side``.

    Callbacks such as ``ModelCheckpoint`` and ``EarlyStopping`` can monitor ``loss``, the total of every step, which the
    progress bar also shows, and ``loss/{content,style,color}``, as of the last logged step.

    ``StyleTransfer`` adds this callback to a Trainer that has none.
    """

    def __init__(self) -> None:
        """Start without a time."""
        self._since = (0, 0.0)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clock."""
        self._since = (trainer.global_step, time.perf_counter())

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Log what the step computed."""
        if not is_due(trainer):
            return
        terms: dict[str, Term] = outputs["terms"]
        pl_module.log_dict({f"loss/{name}": term.raw for name, term in terms.items()}, logger=False)
        found = {"loss/total": outputs["loss"].detach()}
        for name, term in terms.items():
            found |= _scalars(name, term)
        gradients = [parameter.grad.norm() for parameter in pl_module.parameters() if parameter.grad is not None]
        found["optimizer/gradient_norm"] = torch.stack(gradients).norm()
        # All values are read at once, because reading them waits for the device.
        scalars = dict(zip(found, torch.cat([value.view(1) for value in found.values()]).tolist(), strict=True))
        since, then = self._since
        self._since = (trainer.global_step, time.perf_counter())
        scalars["speed/steps_per_second"] = (trainer.global_step - since) / (self._since[1] - then)
        for logger in trainer.loggers:
            logger.log_metrics(scalars, step=trainer.global_step - 1)


def logged_every(trainer: Trainer) -> int:
    """Return the Trainer's ``log_every_n_steps``; 0 if nothing is logged."""
    every: int = trainer.log_every_n_steps  # type: ignore[attr-defined]  # A public option, set by a connector.
    return every


def is_due(trainer: Trainer) -> bool:
    """Return whether the last step is logged: every ``log_every_n_steps``-th one from step 0, and the run's last."""
    every = logged_every(trainer)
    return bool(every) and ((trainer.global_step - 1) % every == 0 or trainer.global_step == trainer.max_steps)


def is_looked_at(trainer: Trainer, loss: Tensor) -> bool:
    """Return whether to read the value of the last step's loss, which on a GPU means waiting for the device.

    It is read whenever it is logged, or at every ``UNLOGGED``-th step if nothing is logged; on the CPU, always.
    """
    if loss.device.type == "cpu" or is_due(trainer):
        return True
    return not logged_every(trainer) and trainer.global_step % UNLOGGED == 0


def _scalars(name: str, term: Term) -> dict[str, Tensor]:
    scalars = {f"loss/{name}": term.raw, f"weighted/{name}": term.weighted}
    for layer, value in term.values.items():
        scalars[f"terms/{name}/{layer}"] = value
        scalars[f"weighted_terms/{name}/{layer}"] = term.weight * term.layers[layer] * value
    return scalars
