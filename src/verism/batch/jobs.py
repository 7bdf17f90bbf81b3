"""Many small jobs, handed out to workers in chunks: a worker that dies costs only what it was at."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from verism.batch.progress import progress
from verism.batch.record import Record
from verism.errors import VerismError
from verism.sweep.executors import Executor, Task

LARGEST = 64
"""Most jobs in a chunk: as many wait for a new worker when theirs has died."""

ROUNDS = 8
"""Chunks that each worker gets, at least: with fewer, some would have nothing to do at the end."""


class Job(Protocol):
    """Something small to do, which ends with a record on disk; pickled on its way to a worker."""

    @property
    def record(self) -> Path:
        """The file that says what came of it."""

    def __call__(self) -> None:
        """Do it, and write the record, whatever happens."""


@dataclass(frozen=True)
class Chunk:
    """Some jobs as one task of an executor.

    Attributes:
        jobs: at least one.
        log: the file for what their worker prints.
    """

    jobs: Sequence[Job]
    log: Path

    @property
    def module(self) -> str:
        """That of the jobs."""
        return type(self.jobs[0]).__module__

    def __call__(self) -> None:
        """Do them one after the other, without those that an earlier worker has done."""
        for job in self.jobs:
            if not job.record.is_file():
                job()


def do_all(jobs: Sequence[Job], executor: Executor | None, log: Path, label: str) -> None:
    """Return when each job has a record; show a bar meanwhile.

    A job whose worker died is tried once more, in a chunk of its own, and is then given up: its record says so.

    Args:
        jobs: of which those that have a record are done.
        executor: hands them out; None: they are done in this process.
        log: the file for what workers on this machine print.
        label: of the bar, such as "Photos".

    Raises:
        VerismError: the executor does not work.
    """
    open_jobs = [job for job in jobs if not job.record.is_file()]
    waiting, failed = list(open_jobs), 0

    def count() -> tuple[int, int]:
        nonlocal waiting, failed
        ended = [job.record.is_file() for job in waiting]
        failed += sum(Record.is_failure(job.record) for job in itertools.compress(waiting, ended))
        waiting = [job for job, done in zip(waiting, ended, strict=True) if not done]
        return len(open_jobs) - len(waiting), failed

    size = max(1, min(LARGEST, len(open_jobs) // (ROUNDS * (executor.workers if executor else 1))))
    reason: Exception | None = None
    if not open_jobs:
        return
    with progress(len(open_jobs), label, "photo", count):
        for largest in (size, 1):
            left = [job for job in open_jobs if not job.record.is_file()]
            chunks = [Chunk(left[start : start + largest], log) for start in range(0, len(left), largest)]
            try:
                _hand_out(chunks, executor)
            except VerismError:
                raise
            except Exception as error:
                # What an engine has to say of workers that died; the records say whose they were.
                reason = error
    left = [job for job in open_jobs if not job.record.is_file()]
    if len(left) == len(open_jobs) > 1:
        raise VerismError(f"--executor: all workers end before they have done a photo ({reason or f'see {log}'}).")
    for job in left:
        Record(error="its worker died twice").write(job.record)


def _hand_out(tasks: Sequence[Task], executor: Executor | None) -> None:
    if executor is None:
        for task in tasks:
            task()
    elif tasks:
        executor.run(tasks)
