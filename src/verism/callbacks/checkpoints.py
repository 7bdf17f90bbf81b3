"""Checkpoints, from which a run resumes exactly."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from lightning.fabric.utilities.cloud_io import get_filesystem
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint
from lightning.pytorch.utilities import rank_zero_info
from torch.optim import Optimizer

from verism import atomic
from verism.callbacks import continued, unfinished
from verism.callbacks.signals import requeued
from verism.errors import DivergedError, InterruptedRunError, UndefinedLossError, VerismError
from verism.run_files import CHECKPOINTS, LAST
from verism.url import is_url


class Checkpoints(Checkpoint):
    """Writes ``checkpoints/last.ckpt`` into the run's folder: canvas, optimiser, options and step number.

    The checkpoint is written before the first step, at intervals, and at the end, even if the run ends by Ctrl-C,
    SIGTERM, ``max_time`` or an error. The previous checkpoint is kept as ``last.previous.ckpt``; ``--ckpt_path``
    resumes from either. At the end, the checkpoint is written before the picture, so that the picture can be made from
    it. If a checkpoint cannot be written, the run continues and tries again later; if the last one fails, the run fails
    after it has written everything else.

    Attributes:
        command: the arguments with which the run was started, for the hint on how to resume; None: it was started from
            Python.
        origin: the checkpoint that the run resumes from, and what was asked for, as returned by ``continued.asked``;
            None: it starts from the beginning.
        is_at_home: whether the run is in the folder of the run that it resumes, whose checkpoints it replaces.
    """

    def __init__(self, every_n_steps: int | None = None, every_minutes: float = 1.0) -> None:
        """Choose when checkpoints are written.

        Args:
            every_n_steps: number of steps between checkpoints; null: only every_minutes decides.
            every_minutes: minutes between checkpoints, which are written at the end of a step.

        Raises:
            VerismError: one of them is not above 0.
        """
        if (every_n_steps is not None and every_n_steps < 1) or not every_minutes > 0:
            raise VerismError("--checkpoints: every_n_steps and every_minutes must be above 0.")
        self.every_n_steps = every_n_steps
        self.every_minutes = every_minutes
        self.command: Sequence[str] | None = None
        self.origin: tuple[str, str] | None = None
        self.is_at_home = False
        self._path = ""
        self._saved: int | None = None
        self._failure: VerismError | None = None
        self._claimed = False
        self._time = 0.0
        self._updating: int | None = None

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Choose the file; without a logger, runs share a folder, and each takes a name that no other run uses."""
        folder = f"{trainer.log_dir or trainer.default_root_dir}/{CHECKPOINTS}"
        path = f"{folder}/{LAST}"
        if trainer.is_global_zero and not (requeued() or self.is_at_home):
            number = 0
            while not self._claim(path):
                number += 1
                path = f"{folder}/last-v{number}.ckpt"
        self._path = trainer.strategy.broadcast(path)

    def _claim(self, path: str) -> bool:
        """Reserve a file name, since another run may start in the same folder; return whether it was free."""
        if is_url(path):
            return not get_filesystem(path).exists(path)
        self._claimed = atomic.claim(Path(path))
        return self._claimed

    def state_at(self, step: int) -> str | None:
        """Return the path or URL of the checkpoint after ``step`` steps; None if it was not written."""
        return self._path if self._saved == step else None

    def remember(self, files: Iterable[Path]) -> None:
        """Record files that the run has written, so that a run that resumes it may replace them."""
        if self._path and not is_url(self._path):
            # Without the record, the resumed run refuses to replace them and says so; nothing is lost.
            with suppress(VerismError):
                unfinished.record(self._path, files)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the first checkpoint, so that there always is one, and record it next to the resumed checkpoint."""
        self.save(trainer)
        if self.origin is not None and self._saved is not None and trainer.is_global_zero:
            # Without the record, the same command starts from the same checkpoint again; nothing is lost.
            with suppress(VerismError):
                continued.record(*self.origin, self._path)

    def on_before_optimizer_step(self, trainer: Trainer, pl_module: LightningModule, optimizer: Optimizer) -> None:
        """Note that canvas and optimiser are about to change: until both have, they must not be saved."""
        self._updating = trainer.global_step

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Write a checkpoint if one is due."""
        due = self.every_n_steps is not None and trainer.global_step % self.every_n_steps == 0
        late = time.monotonic() - self._time > 60 * self.every_minutes
        if due or trainer.strategy.reduce_boolean_decision(late, all=False):
            self.save(trainer)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the last checkpoint."""
        self.save(trainer)
        if trainer.global_step < trainer.max_steps:
            self._print_hint()

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Raise ``VerismError`` if the last checkpoint could not be written, now that everything else is."""
        self._release()
        if self._failure is not None:
            raise self._failure

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """Write the last checkpoint, unless a step was interrupted halfway, and print how to resume."""
        if not self._path:
            return
        if self._saved is None:
            self._release()
            return
        whole = self._updating != trainer.global_step
        # Saving needs all processes, and an error may have stopped only this one.
        together = trainer.world_size == 1 or isinstance(exception, InterruptedRunError)
        if whole and together and not isinstance(exception, DivergedError) and exception is not self._failure:
            self.save(trainer)
        # From step 0, a run would only fail again, and its folder may be removed.
        if 0 < trainer.global_step < trainer.max_steps and not isinstance(exception, UndefinedLossError):
            self._print_hint()

    def _release(self) -> None:
        """Remove the file that reserves the name if no checkpoint was written there."""
        if self._claimed and self._saved is None:
            Path(self._path).unlink(missing_ok=True)

    def save(self, trainer: Trainer) -> None:
        """Write a checkpoint, unless this step has one already or the canvas is not finite.

        ``Output`` calls this at the end, before it writes the picture.
        """
        if trainer.global_step == self._saved:
            return
        optimised = [value for value in trainer.lightning_module.parameters() if value.requires_grad]
        if not all(bool(value.isfinite().all()) for value in optimised):
            return
        # If it fails, the next attempt comes after every_minutes, not at every step.
        self._time = time.monotonic()
        try:
            trainer.save_checkpoint(self._path, weights_only=False)
        except (OSError, VerismError) as error:
            failure = error if isinstance(error, VerismError) else VerismError(f"{self._path}: {error}.")
            if self._failure is None:
                rank_zero_info(f"{failure} The run goes on, and tries again later.")
            self._failure = failure
            # Other processes wait for this one, so all must fail together.
            if self._saved is None or trainer.world_size > 1:
                raise failure from error
        else:
            self._saved = trainer.global_step
            self._failure = None

    def _print_hint(self) -> None:
        rank_zero_info(f"To go on from step {self._saved}: {resuming(self.command, self._path)}")


def resuming(command: Sequence[str] | None, path: str) -> str:
    """Return the command that resumes from a checkpoint; only its ``--ckpt_path`` for a run started from Python."""
    if command is None:
        return f"--ckpt_path {shlex.quote(path)}"
    return f"{program()} {shlex.join([*begun(command), '--ckpt_path', path])}"


def begun(command: Sequence[str]) -> list[str]:
    """Return a command without ``--ckpt_path``, as it would have started the run."""
    kept: list[str] = []
    for word in command:
        if word.startswith("--ckpt_path="):
            continue
        if kept and kept[-1] == "--ckpt_path":
            kept.pop()
            continue
        kept.append(word)
    return kept


def program() -> str:
    """Return how this program was called, for commands that the user can copy."""
    called = Path(sys.argv[0])
    if called.name == "main.py":
        return f"python {shlex.quote(sys.argv[0])}"
    return "python -m verism" if (called.parent.name, called.name) == ("verism", "__main__.py") else "verism"
