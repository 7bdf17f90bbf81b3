"""Jobs in this process, in several, and on real schedulers, of whose workers some die."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from multiprocessing import forkserver
from pathlib import Path

import pytest
from chores import Chore, Deadly, DeadlyOnce, Failing

from verism.batch import jobs
from verism.batch.executors import Executor, Task, dask, local, ray
from verism.batch.jobs import Job, do_all
from verism.batch.record import Record
from verism.errors import VerismError

MANY = 20


def chores(folder: Path, *others: type[Chore], many: int = MANY) -> list[Chore]:
    kinds: list[type[Chore]] = [*[Chore] * many, *others]
    return [kind(folder / f"{number:02}.json") for number, kind in enumerate(kinds)]


def errors(done: Sequence[Job]) -> list[str | None]:
    found = [Record.read(job.record) for job in done]
    return [it.error if it else "no record" for it in found]


def test_in_this_process(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What has a record is done; the progress counts the rest, and what failed of it."""
    monkeypatch.setattr("verism.lines.MOST", 0.0)
    found = chores(tmp_path, Failing)
    Record(digest="before").write(found[3].record)
    do_all(found, None, tmp_path / "log.txt", "Photos")
    assert errors(found) == [None] * MANY + ["too dark"]
    assert Record.read(found[3].record) == Record(digest="before")
    assert capsys.readouterr().err.splitlines()[-1] == f"Photos: {MANY} of {MANY}, 1 failed"
    do_all(found, None, tmp_path / "log.txt", "Photos")
    assert capsys.readouterr().err == ""
    assert found[0].times == 1


class Watched(Executor):
    """Does tasks here, and remembers them; of the first one, it loses the worker."""

    workers = 2

    def __init__(self) -> None:
        self.rounds: list[list[int]] = []

    def run(self, tasks: Sequence[Task]) -> None:
        self.rounds.append([len(task.jobs) for task in tasks if isinstance(task, jobs.Chunk)])
        for task in tasks[1:] if len(self.rounds) == 1 else tasks:
            task()
        if len(self.rounds) == 1:
            raise ConnectionError("a worker was lost")


def test_chunks_keep_all_workers_busy_and_what_was_lost_goes_one_by_one(tmp_path: Path) -> None:
    found = chores(tmp_path, many=100)
    watched = Watched()
    do_all(found, watched, tmp_path / "log.txt", "Photos")
    first, second = watched.rounds
    assert sum(first) == 100
    assert len(first) >= jobs.ROUNDS * watched.workers
    assert max(first) - min(first) <= max(first) // 2
    assert second == [1] * first[0]
    assert errors(found) == [None] * 100


def test_many_are_handed_out_in_chunks_of_bounded_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "LARGEST", 4)
    watched = Watched()
    do_all(chores(tmp_path, many=100), watched, tmp_path / "log.txt", "Photos")
    assert watched.rounds[0] == [4] * 25


class Lost(Executor):
    """Loses every worker."""

    workers = 2

    def run(self, tasks: Sequence[Task]) -> None:
        raise ConnectionError("no route")


def test_workers_that_never_begin_are_no_fault_of_the_photos(tmp_path: Path) -> None:
    found = chores(tmp_path)
    with pytest.raises(VerismError, match=r"--executor: workers end before they begin a photo \(no route\)"):
        do_all(found, Lost(), tmp_path / "log.txt", "Photos")
    assert not any(job.record.exists() for job in found)


def on_this_machine() -> Executor:
    return local(2)


def on_dask() -> Executor:
    return dask()


def on_ray() -> Executor:
    pytest.importorskip("ray")
    return ray()


@pytest.fixture
def bare_fork_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fork server that imports what it is asked to and no more, unlike that of all tests: jobs may need no torch."""
    server = forkserver.ForkServer()
    for name in ("connect_to_new_process", "set_forkserver_preload"):
        monkeypatch.setattr(forkserver, name, getattr(server, name))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("start", [on_this_machine, on_dask, on_ray])
def test_a_dead_worker_costs_its_photos_alone(
    start: Callable[[], Executor], bare_fork_server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which are tried once more, and then named; the others are done, and elsewhere than here."""
    path = os.pathsep.join(filter(None, [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH")]))
    for name, value in (
        ("PYTHONPATH", path),
        ("HOME", str(tmp_path)),
        ("CUDA_VISIBLE_DEVICES", ""),
    ):
        monkeypatch.setenv(name, value)
    found = chores(tmp_path, DeadlyOnce, Deadly, many=6)
    executor = start()
    try:
        do_all(found, executor, tmp_path / "log.txt", "Photos")
    finally:
        if isinstance(executor, dask):
            executor.client.shutdown()
        if isinstance(executor, ray):
            executor.engine.shutdown()
    assert errors(found) == [None] * 7 + ["its worker died twice"]
    assert [job.times for job in found[:6]] == [1] * 6
    assert [job.times for job in found[6:]] == [2, 2]
    processes = {record.digest for job in found[:7] if (record := Record.read(job.record))}
    assert str(os.getpid()) not in processes
