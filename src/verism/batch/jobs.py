"""Many small jobs, handed out to workers in chunks: a worker that dies costs only what it was at."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from verism.batch.progress import progress
from verism.batch.record import Record
from verism.errors import VerismError
from verism.sweep.executors import Executor

LARGEST = 64
"""Most jobs in a chunk: as many wait for a new worker when theirs has died."""

ATTEMPTS = 2
"""How often a job is begun before it is blamed for the deaths of its workers."""

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
        """Do them one after the other, without those that an earlier worker has done, or was killed by."""
        for job in self.jobs:
            if not job.record.is_file() and _attempts(job) < ATTEMPTS:
                with _begun(job).open("a") as file:
                    file.write("I")
                job()
                _begun(job).unlink(missing_ok=True)


def do_all(jobs: Sequence[Job], executor: Executor | None, log: Path, label: str) -> None:
    """Return when each job has a record; show a bar meanwhile.

    What a worker that died has left is handed out again, each job in a chunk of its own. A job that was begun
    ``ATTEMPTS`` times is given up: its record says so.

    Args:
        jobs: of which those that have a record are done.
        executor: hands them out; None: they are done in this process.
        log: the file for what workers on this machine print.
        label: of the bar, such as "Photos".

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
    """Have jobs done, as far as their workers live; return what the engine says of those that died."""
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
    """Return those that have no record."""
    return [job for job in jobs if not job.record.is_file()]


def _begun(job: Job) -> Path:
    """Return the file that says how often a job was begun since it last ended."""
    return job.record.with_suffix(".begun")


def _attempts(job: Job) -> int:
    path = _begun(job)
    return path.stat().st_size if path.is_file() else 0
