"""What a worker of a sweep does: one run after the other, each as plain ``fit``."""

from __future__ import annotations

import json
import shutil
import threading
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from verism import trust
from verism.commands.fit import fit
from verism.errors import in_words
from verism.sweep.run import ATTEMPTS, LOCK, LOG, OPTIONS, OUTCOME, Chain, Outcome, Run

MAX_ATTEMPTS = 3
"""How often a run is begun before it is blamed for the deaths of its workers."""

_one_at_a_time = threading.Lock()
"""Parsing changes the working directory and seeding is global, so that a process is good for one run at a time."""


@dataclass(frozen=True)
class Work:
    """A chain as a task of an executor."""

    chain: Chain

    @property
    def log(self) -> Path:
        """The log of its first run."""
        return self.chain[0].folder / LOG

    @property
    def module(self) -> str:
        """This one."""
        return __name__

    def __call__(self) -> None:
        """Run it."""
        work(self.chain)


def work(chain: Chain) -> None:
    """Run a chain, each run unless it ended before; whatever a run raises is recorded as its outcome."""
    with _one_at_a_time:
        failed = False
        for run in chain:
            if failed:
                run.end(Outcome(run.digest, "the run that this one was to start from failed"))
            else:
                # An engine hands a run out again, if it has lost sight of a worker that still is at it.
                with FileLock(run.folder / LOCK):
                    if run.outcome is None and run.attempts < MAX_ATTEMPTS:
                        _clear(run)
                        run.begin()
                        run.end(_fit(run))
            failed = not run.finished


def _fit(run: Run) -> Outcome:
    folder = run.folder
    logger = {
        "class_path": "lightning.pytorch.loggers.TensorBoardLogger",
        "init_args": {"save_dir": str(folder.parent), "name": "", "version": folder.name},
    }
    own = [f"--trainer.logger={json.dumps(logger)}", "--output.path=null", "--trainer.enable_progress_bar=false"]
    started = time.perf_counter()
    try:
        with trust.limited(run.trusted):
            model = fit([f"--config={folder / OPTIONS}", *own]).model
    except Exception as error:
        with (folder / LOG).open("a") as file:
            traceback.print_exc(file=file)
        return Outcome(run.digest, in_words(error))
    seconds = time.perf_counter() - started
    events = EventAccumulator(str(folder), size_guidance={"scalars": 1}).Reload()
    scalars = {tag: events.Scalars(tag)[-1].value for tag in events.Tags()["scalars"]}
    return Outcome(run.digest, None, seconds, **model.backbone.identity, scalars=scalars)


def _clear(run: Run) -> None:
    """Remove what an attempt that died has left, which Lightning would not write over."""
    kept = (OPTIONS, ATTEMPTS, LOG, OUTCOME, LOCK)
    for path in run.folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name not in kept:
            path.unlink()
