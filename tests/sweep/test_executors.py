"""Sweeps with workers, and what is left of them when they or the sweep itself are killed."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from filelock import FileLock
from processes import FORKED, started

from verism.batch.executors import Task, local
from verism.cli import main
from verism.sweep.work import Work

pytestmark = pytest.mark.slow

PATIENCE = 300
"""Seconds until what has not happened never will; nothing here takes as long."""

IMPORTABLE = {"PYTHONPATH": os.pathsep.join(filter(None, [str(Path(__file__).parent), os.environ.get("PYTHONPATH")]))}
"""What a process needs that is to import ``perilous``."""


class Shell:
    """Where a person is who sweeps one file, with activations that are torch's, or ``perilous`` and have a flag."""

    def __init__(self, base: Path, *activations: str) -> None:
        self.folder = base.parent
        self.flag = self.folder / "flag"
        kinds = {name: {"model.backbone.activation": self._activation(name)} for name in activations}
        (self.folder / "grid.yaml").write_text(
            yaml.safe_dump({"base": "base.yaml", "grid": {"kind": kinds}, "compare": ["loss/total"]})
        )

    def _activation(self, name: str) -> object:
        if name in ("ReLU", "Tanh"):
            return f"torch.nn.{name}"
        return {"class_path": f"perilous.{name}", "init_args": {"flag": str(self.flag)}}

    def run(self, activation: str) -> Path:
        """Return a run's folder."""
        (folder,) = (self.folder / "out" / "runs").glob(f"kind={activation},*")
        return folder

    def error(self, activation: str) -> str | None:
        """Return what the outcome of a run has as its error."""
        error: str | None = json.loads((self.run(activation) / "outcome.json").read_text())["error"]
        return error


@pytest.fixture
def shell(base: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Shell]:
    """Be in the folder of a sweep, where ``perilous`` can be imported, also by workers."""
    monkeypatch.chdir(base.parent)
    # Last: the folder has a conftest.py too.
    monkeypatch.setattr(sys, "path", [*sys.path, str(Path(__file__).parent)])
    return lambda *activations: Shell(base, *activations)


SWEEP = ("sweep", "--config", "grid.yaml", "--output", "out", "--trust", "perilous")


def until(condition: Callable[[], bool]) -> None:
    """Wait for it."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_dead_workers_are_replaced_and_a_deadly_run_is_given_up(
    shell: Callable[..., Shell], capsys: pytest.CaptureFixture[str]
) -> None:
    here = shell("ReLU", "Deadly", "DeadlyOnce")
    with pytest.raises(SystemExit, match="1"):
        main([*SWEEP, "--executor.workers", "2"])
    assert here.flag.exists()
    log = (here.run("Deadly") / "log.txt").resolve().relative_to(Path.cwd().resolve())
    assert here.error("Deadly") == f"its worker died 3 times; see {log}"
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("verism: 1 of 3 runs failed, the first with: its worker died 3 times; see ")
    for activation, attempts in (("ReLU", 1), ("DeadlyOnce", 2), ("Deadly", 3)):
        assert (here.run(activation) / "log.txt").read_text().count("Weights: compact") == attempts
        assert (here.run(activation) / "result.png").is_file() == (activation != "Deadly")
    assert here.error("ReLU") is here.error("DeadlyOnce") is None


def test_an_interrupted_sweep_leaves_no_worker_behind_and_can_be_continued(shell: Callable[..., Shell]) -> None:
    here = shell("ReLU", "Held")
    here.flag.touch()
    finished: set[int] = set()
    command = [*FORKED, *SWEEP, "--executor.workers", "2"]

    def held() -> bool:
        """Tell whether one run is finished, and the other, which does not end, has begun."""
        runs = here.folder / "out" / "runs"
        outcomes, begun = list(runs.glob("*ReLU*/outcome.json")), list(runs.glob("*Held*/attempts"))
        finished.update(path.stat().st_mtime_ns for path in outcomes)
        return bool(outcomes and begun)

    def gone() -> None:
        """Wait for the worker of the run that does not end, and see that it has not ended it."""
        with FileLock(here.run("Held") / ".lock", timeout=PATIENCE):
            assert not (here.run("Held") / "outcome.json").exists()

    with started([command], here.folder / "interrupted") as (process,):
        until(held)
        # Ctrl-C reaches the whole group.
        os.killpg(process.pid, signal.SIGINT)
        assert process.ends() == 1
        assert "Traceback" not in process.said
        assert process.said.splitlines()[-1] == (
            "verism: Interrupted; 1 of 2 runs are finished, and the same command does the rest."
        )
        gone()

    (here.run("Held") / "attempts").unlink()
    with started([command], here.folder / "killed") as (process,):
        until(held)
        process.receive(signal.SIGKILL)
        process.ends()
        gone()

    here.flag.unlink()
    main([*SWEEP, "--executor.workers", "2"])
    assert here.error("Held") is None
    assert held() is False  # Nothing is being tried any more.
    assert len(finished) == 1  # The first result has stood all the while.


def test_dask(shell: Callable[..., Shell]) -> None:
    """A scheduler and two workers, of which one is killed; Dask itself gives up on its run at once."""
    here = shell("ReLU", "Tanh", "DeadlyOnce")
    file = here.folder / "scheduler.json"
    scheduler = ["scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file"]
    worker = ["worker", "--nthreads", "1", "--no-nanny", "--no-dashboard", "--scheduler-file"]
    own = IMPORTABLE | {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
    commands = [[sys.executable, "-m", "dask", *words, str(file)] for words in (scheduler, worker, worker)]
    with started(commands, here.folder / "cluster", [own] * 3) as (_, first, second):
        until(file.exists)
        address = json.loads(file.read_text())["address"]
        with started([[*FORKED, *SWEEP, "--executor", "dask", "--executor.address", address]], here.folder) as (sweep,):
            assert sweep.ends() == 0, sweep.said
        assert sorted((first.status, second.status), key=str) == [-signal.SIGKILL, None]
    for activation in ("ReLU", "Tanh", "DeadlyOnce"):
        assert here.error(activation) is None


def test_ray(shell: Callable[..., Shell], monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster on this machine, of which one worker is killed."""
    pytest.importorskip("ray")
    here = shell("ReLU", "DeadlyOnce")
    # A home of its own, too: Ray leaves things there.
    own = IMPORTABLE | {"HOME": str(here.folder)}
    with started([[*FORKED, *SWEEP, "--executor", "ray"]], here.folder / "cluster", [own]) as (sweep,):
        assert sweep.ends() == 0, sweep.said
    assert here.flag.exists()
    for activation in ("ReLU", "DeadlyOnce"):
        assert here.error(activation) is None


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "carrier-pigeon://home"])
def test_a_scheduler_that_does_not_answer(base: Path, capsys: pytest.CaptureFixture[str], address: str) -> None:
    Shell(base, "ReLU")
    with pytest.raises(SystemExit, match="2"):
        main(["sweep", "--config", str(base.parent / "grid.yaml"), "--executor=dask", f"--executor.address={address}"])
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith(f"verism: --executor.address {address}: no Dask scheduler answers there (")


@pytest.mark.parametrize(("executor", "module"), [("dask", "distributed"), ("ray", "ray")])
def test_an_engine_that_is_not_installed(
    base: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], executor: str, module: str
) -> None:
    Shell(base, "ReLU")
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(SystemExit, match="2"):
        main(["sweep", "--config", str(base.parent / "grid.yaml"), f"--executor={executor}"])
    said = capsys.readouterr().err.strip()
    assert said == f"verism: --executor {executor} needs more packages: pip install 'verism[{executor}]'."


def test_a_worker_takes_one_chain_after_the_other(shell: Callable[..., Shell]) -> None:
    """What it has imported and loaded, it has for all of them."""
    here = shell("Named", "NamedToo")
    main([*SWEEP, "--executor.workers", "1"])
    processes = {(here.folder / f"process-{name}").read_text() for name in ("Named", "NamedToo")}
    assert len(processes) == 1
    assert processes != {str(os.getpid())}
    for activation in ("Named", "NamedToo"):
        # Each has a log of its own all the same.
        assert (here.run(activation) / "log.txt").read_text().count("Weights: compact") == 1


@pytest.mark.parametrize(
    ("visible", "gpus", "workers", "given"),
    [
        ("", 1, 3, ["0", "0", "0"]),
        ("", 2, 3, ["0", "1", "0"]),
        ("3,5", 2, None, ["3", "5"]),
    ],
)
def test_workers_share_the_gpus(
    monkeypatch: pytest.MonkeyPatch, visible: str, gpus: int, workers: int | None, given: list[str]
) -> None:
    found: list[str] = []

    class Fake:
        def __init__(self, _: object, gpu: str, threads: int) -> None:
            assert threads >= 1
            found.append(gpu)

        def run(self, task: Task) -> None:
            task()

        def dismiss(self) -> None:
            return

    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    monkeypatch.setattr("torch.cuda.device_count", lambda: gpus)
    monkeypatch.setattr("verism.batch.executors._Worker", Fake)
    local(workers).run([Work(()) for _ in range(3)])
    assert found == given
