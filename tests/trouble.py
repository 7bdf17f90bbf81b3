"""Callbacks that do to a run, after a step, what it must survive."""

from __future__ import annotations

import os
import signal
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer


class Trouble(Callback):
    """Something that happens once, after step ``after``."""

    def __init__(self, after: int) -> None:
        self.after = after

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if trainer.global_step == self.after:
            self.strike()

    def strike(self) -> None:
        raise NotImplementedError


class Terminate(Trouble):
    """What a scheduler sends."""

    def strike(self) -> None:
        os.kill(os.getpid(), signal.SIGTERM)


class Interrupt(Trouble):
    """Ctrl-C."""

    def strike(self) -> None:
        os.kill(os.getpid(), signal.SIGINT)


class HangUp(Trouble):
    """A terminal that is closed."""

    def strike(self) -> None:
        os.kill(os.getpid(), signal.SIGHUP)


class InterruptTwice(Trouble):
    """Ctrl-C, impatiently."""

    def strike(self) -> None:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)


class Shortage(Callback):
    """Memory that runs out in the middle of step ``after`` + 1, as torch says it on a CPU."""

    def __init__(self, after: int) -> None:
        self.after = after

    def on_before_backward(self, trainer: Trainer, pl_module: LightningModule, loss: torch.Tensor) -> None:
        if trainer.global_step == self.after:
            torch.empty(2**60)
