"""The callbacks that a run has from Python, too, where nobody lists them."""

from __future__ import annotations

from lightning.pytorch import Callback, Trainer
from lightning.pytorch.callbacks import ModelSummary, RichModelSummary, RichProgressBar, TQDMProgressBar

from verism.callbacks.background import Background
from verism.callbacks.coarse_to_fine import CoarseToFine
from verism.callbacks.output import Output
from verism.callbacks.progress import Progress
from verism.callbacks.scalars import Scalars
from verism.callbacks.settled import Settled
from verism.callbacks.stop_early import StopEarly


def complete(trainer: Trainer, patience: int | None) -> list[Callback]:
    """Return the callbacks to add to a Trainer's: what logs the losses, stops early, changes scales, writes meanwhile.

    verism's bar takes the place of Lightning's, which counts epochs, and the list of the one parameter is left out. The
    commands choose their bar themselves, and one of Lightning's in their runs is the user's choice.

    Args:
        trainer: of the run.
        patience: steps after which a loss that does not fall ends the run; None: never.

    Raises:
        VerismError: ``patience`` is less than 1.
    """
    callbacks: list[Callback] = trainer.callbacks  # type: ignore[attr-defined]  # Set by a connector.
    chosen = any(isinstance(it, Output) for it in callbacks)
    usual = [] if chosen else [it for it in callbacks if type(it) in (RichProgressBar, TQDMProgressBar)]
    for callback in list(callbacks):
        if callback in usual or type(callback) in (ModelSummary, RichModelSummary):
            callbacks.remove(callback)
    kinds = (Background, CoarseToFine, Scalars, StopEarly)
    needed = [kind() for kind in kinds if not any(isinstance(it, kind) for it in callbacks)]
    settled = [] if patience is None else [Settled(patience)]
    return [*needed, *settled, *([Progress()] if usual else [])]
