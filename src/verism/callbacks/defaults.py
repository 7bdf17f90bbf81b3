"""The callbacks that every run needs, even one started from Python whose Trainer lists none."""

from __future__ import annotations

from lightning.pytorch import Callback, Trainer
from lightning.pytorch.callbacks import ModelSummary, RichModelSummary, RichProgressBar, TQDMProgressBar

from verism.callbacks.background import Background
from verism.callbacks.coarse_to_fine import CoarseToFine
from verism.callbacks.hyperparameters import Hyperparameters
from verism.callbacks.output import Output
from verism.callbacks.progress import Progress
from verism.callbacks.scalars import Scalars
from verism.callbacks.settled import Settled
from verism.callbacks.stop_early import StopEarly


def complete(trainer: Trainer, patience: int | None) -> list[Callback]:
    """Return the callbacks that a Trainer lacks: for logs, early stopping, scales and background writes.

    verism's bar replaces Lightning's default bar, which counts epochs. Lightning's summary of the module, which has a
    single parameter, is removed. Commands, whose runs have an ``Output``, choose their own bar; a Lightning bar in such
    a run is therefore the user's choice, and is kept.

    Args:
        trainer: the Trainer of the run; Lightning's bar and summary are removed from its callbacks.
        patience: number of steps without a fall in the loss after which the run ends; None: never.

    Raises:
        VerismError: ``patience`` is less than 1.
    """
    callbacks: list[Callback] = trainer.callbacks  # type: ignore[attr-defined]  # Set by a connector.
    chosen = any(isinstance(it, Output) for it in callbacks)
    bars = [] if chosen else [it for it in callbacks if type(it) in (RichProgressBar, TQDMProgressBar)]
    for callback in list(callbacks):
        if callback in bars or type(callback) in (ModelSummary, RichModelSummary):
            callbacks.remove(callback)
    kinds = (Background, CoarseToFine, Hyperparameters, Scalars, StopEarly)
    needed = [kind() for kind in kinds if not any(isinstance(it, kind) for it in callbacks)]
    settled = [] if patience is None else [Settled(patience)]
    return [*needed, *settled, *([Progress()] if bars else [])]
