"""Finds one of a run's callbacks by its class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from lightning.pytorch import Callback, Trainer

Kind = TypeVar("Kind", bound=Callback)


def find(trainer: Trainer, kind: type[Kind]) -> Kind | None:
    """Return the first callback of a class or a subclass of it; None if the run has none."""
    callbacks: Sequence[Callback] = trainer.callbacks  # type: ignore[attr-defined]  # A list, set by a connector.
    return next((callback for callback in callbacks if isinstance(callback, kind)), None)
