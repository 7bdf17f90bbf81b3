"""Many small jobs, distributed to workers in chunks: if a worker dies, only the job in progress is lost."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from verism.batch.executors import Executor
from verism.batch.progress import progress
from verism.batch.record import Record
from verism.errors import VerismError

LARGEST = 64
"""Largest number of jobs in a chunk: when a worker dies, the rest of its chunk waits for another worker."""

ATTEMPTS = 2
"""Number of times that a job is started before it is blamed for the deaths of its workers and abandoned."""

ROUNDS = 8
"""Smallest number of chunks per worker, if there are enough jobs; with fewer, workers would be idle at the end."""


class Job(Protocol):
    """A small piece of work that records its outcome in a file when it ends; it is pickled and sent to a worker."""

    @property
    def record(self) -> Path:
        """The file for the outcome."""

    def __call__(self) -> None:
        """Do the work and write the record, whatever happens."""


@dataclass(frozen=True)
class Chunk:
    """Some jobs, combined into one task of an executor.

    Attributes:
        jobs: at least one.
        log: the file for the output of their worker.
    """

    jobs: Sequence[Job]
    log: Path

    @property
    def module(self) -> str:
        """Name of the Python module of the jobs' class."""
        return type(self.jobs[0]).__module__

    def __call__(self) -> None:
        """Do the jobs one after the other, except those that have a record or were started ``ATTEMPTS`` times."""
        for job in self.jobs:
            if not job.record.is_file() and _attempts(job) < ATTEMPTS:
                with _begun(job).open("a") as file:
                    file.write("I")
                job()
                _begun(job).unlink(missing_ok=True)


def do_all(jobs: Sequence[Job], executor: Executor | None, log: Path, label: str) -> None:
    """Do all jobs under a progress bar; when this returns, each of them has a record.

    Jobs left undone because a worker died are handed out again, each in its own chunk. A job that was started
    ``ATTEMPTS`` times is abandoned, and its record says so.

    Args:
        jobs: the jobs; those that have a record are already done.
        executor: distributes the jobs; None: they are done in this process.
        log: the file for the output of workers on this machine.
        label: the label of the bar, such as "Photos".

    Raises:
        VerismError: the executor does not work, or a record cannot be written.
    """
    left = _open(jobs)
    total, waiting, failed = len(left), list(left), 0
    for job in left:
        _begun(job).parent.mkdir(parents=True, exist_ok=True)
        _begun(job).unlink(missing_ok=True)

    def count() -> tuple[int, int]:
        nonlocal waiting, failed
        ended = [job.record.is_file() for job in waiting]
        failed += sum(Record.is_failure(job.record) for job in itertools.compress(waiting, ended))
        waiting = [job for job, done in zip(waiting, ended, strict=True) if not done]
        return total - len(waiting), failed

    size = max(1, min(LARGEST, total // (ROUNDS * (executor.workers if executor else 1))))
    with progress(total, label, "photo", count) if left else nullcontext():
        while left:
            attempts = sum(map(_attempts, left))
            failure = _hand_out(left, size, executor, log)
            for job in _open(left):
                if _attempts(job) >= ATTEMPTS:
                    Record(error="its worker died twice").write(job.record)
                    _begun(job).unlink()
            before, left, size = left, _open(left), 1
            if len(left) == len(before) and sum(map(_attempts, left)) == attempts:
                raise VerismError(f"--executor: workers end before they begin a photo ({failure or f'see {log}'}).")


def _hand_out(jobs: Sequence[Job], size: int, executor: Executor | None, log: Path) -> Exception | None:
    """Do jobs in chunks of ``size``; return the executor's error if workers died, else None."""
    chunks = [Chunk(jobs[start : start + size], log) for start in range(0, len(jobs), size)]
    if executor is None:
        for chunk in chunks:
            chunk()
        return None
    try:
        executor.run(chunks)
    except VerismError:
        raise
    except Exception as error:
        return error
    return None


def _open(jobs: Sequence[Job]) -> list[Job]:
    """Return the jobs that have no record yet."""
    return [job for job in jobs if not job.record.is_file()]


def _begun(job: Job) -> Path:
    """Return the file whose size counts how often a job was started without finishing."""
    return job.record.with_suffix(".begun")


def _attempts(job: Job) -> int:
    path = _begun(job)
    return path.stat().st_size if path.is_file() else 0
