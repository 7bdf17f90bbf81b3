"""The work of a sweep's worker: makes one run after the other, each with the command ``fit``."""

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

from verism import reuse, trust
from verism.errors import UnbegunRunError, in_words
from verism.sweep.planned_fit import PlannedFit, of_a_worker
from verism.sweep.run import ATTEMPTS, LOCK, LOG, OPTIONS, OUTCOME, Chain, Outcome, Run

MAX_ATTEMPTS = 3
"""Number of times that a run is started before it is blamed for the deaths of its workers and abandoned."""

_one_at_a_time = threading.Lock()
"""Allows one run at a time in a process, because parsing changes the working directory and seeds are global."""

_kept: reuse.Kept = {}
"""What each run in this process leaves to the next one."""


@dataclass(frozen=True)
class Work:
    """A chain of runs as a task of an executor."""

    chain: Chain

    @property
    def log(self) -> Path:
        """The log of the first run of the chain."""
        return self.chain[0].folder / LOG

    @property
    def module(self) -> str:
        """Name of this module."""
        return __name__

    def __call__(self) -> None:
        """Run the chain."""
        work(self.chain)


def work(chain: Chain) -> None:
    """Make the runs of a chain, except those that have already ended; record an exception in a run as its outcome."""
    with _one_at_a_time:
        failed = False
        for run in chain:
            if failed:
                run.end(Outcome(run.digest, "the run that this one was to start from failed"))
            else:
                # An engine may hand out a run again if it has lost contact with a worker that is still busy with it.
                with FileLock(run.folder / LOCK):
                    if run.outcome is None and run.attempts < MAX_ATTEMPTS:
                        _clear(run)
                        run.begin()
                        run.end(_fit(run))
            failed = not run.finished


def _fit(run: Run) -> Outcome:
    folder = run.folder
    own = [f"--{name}={json.dumps(value)}" for name, value in of_a_worker(folder).items()]
    command = ["fit", f"--config={folder / OPTIONS}", *own, *trust.given()]
    started = time.perf_counter()
    try:
        with trust.limited(run.trusted), reuse.between_runs(_kept):
            model = PlannedFit(run.parsed, folder, command).model
    except UnbegunRunError as error:
        # Ctrl-C also reaches the workers, and a run that has not begun does not count as failed.
        raise KeyboardInterrupt from error
    except Exception as error:
        with (folder / LOG).open("a") as file:
            traceback.print_exc(file=file)
        return Outcome(run.digest, in_words(error))
    seconds = time.perf_counter() - started
    events = EventAccumulator(str(folder), size_guidance={"scalars": 1}).Reload()
    scalars = {tag: events.Scalars(tag)[-1].value for tag in events.Tags()["scalars"]}
    return Outcome(run.digest, None, seconds, **model.backbone.identity, scalars=scalars)


def _clear(run: Run) -> None:
    """Remove the files of an attempt that was cut short, since Lightning would not overwrite them."""
    kept = (OPTIONS, ATTEMPTS, LOG, OUTCOME, LOCK)
    for path in run.folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name not in kept:
            path.unlink()
