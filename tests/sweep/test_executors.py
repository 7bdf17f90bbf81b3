"""Sweeps in processes of their own, and what is left of them when those are killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from filelock import FileLock

from verism.cli import main

pytestmark = pytest.mark.slow

PATIENCE = 300
"""Seconds until what has not happened never will; nothing here takes as long."""


class Shell:
    """Starts sweeps of one file as a person would, where ``perilous`` can be imported and has its flag."""

    def __init__(self, base: Path, *activations: str) -> None:
        self.folder = base.parent
        self.flag = self.folder / "flag"
        grid = {"model.backbone.activation": list(activations)}
        (self.folder / "grid.yaml").write_text(yaml.safe_dump({"base": "base.yaml", "grid": grid}))
        # A home of its own, too: Ray leaves things there.
        path = os.pathsep.join(filter(None, [str(Path(__file__).parent), os.environ.get("PYTHONPATH")]))
        own = {"PERILOUS_FLAG": str(self.flag), "PYTHONPATH": path, "HOME": str(self.folder)}
        self.environment = os.environ | own

    @contextmanager
    def start(self, *command: str) -> Iterator[subprocess.Popen[str]]:
        """Start ``python -m`` a command, in a process group of its own; at the end all of it is killed."""
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=self.folder,
            env=self.environment,
            text=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        with process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)

    def sweep(self, *options: str) -> tuple[int, str]:
        """Sweep to the end, and return the status and the last line on stderr."""
        with self.start(*SWEEP, *options) as process:
            _, error = process.communicate(timeout=PATIENCE)
        return process.returncode, error.splitlines()[-1]

    def run(self, activation: str) -> Path:
        """Return a run's folder."""
        (folder,) = (self.folder / "out" / "runs").glob(f"activation={activation},*")
        return folder

    def error(self, activation: str) -> str | None:
        """Return what the outcome of a run has as its error."""
        error: str | None = json.loads((self.run(activation) / "outcome.json").read_text())["error"]
        return error


SWEEP = ("verism", "sweep", "--config", "grid.yaml", "--output", "out", "--trust", "perilous")


def until(condition: Callable[[], bool]) -> None:
    """Wait for it."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_dead_workers_are_replaced_and_a_deadly_run_is_given_up(base: Path) -> None:
    shell = Shell(base, "torch.nn.ReLU", "perilous.Deadly", "perilous.DeadlyOnce")
    status, said = shell.sweep("--executor.workers", "2")
    assert shell.flag.exists()
    log = shell.run("Deadly") / "log.txt"
    assert shell.error("Deadly") == f"its worker died 3 times; see {log}"
    assert status == 1
    assert said.startswith("verism: 1 of 3 runs failed, the first with: its worker died 3 times; see ")
    for activation, attempts in (("ReLU", 1), ("DeadlyOnce", 2), ("Deadly", 3)):
        assert (shell.run(activation) / "log.txt").read_text().count("Weights: compact") == attempts
        assert (shell.run(activation) / "result.png").is_file() == (activation != "Deadly")
    assert shell.error("ReLU") is shell.error("DeadlyOnce") is None


def test_an_interrupted_sweep_leaves_no_worker_behind_and_can_be_continued(base: Path) -> None:
    shell = Shell(base, "torch.nn.ReLU", "perilous.Held")
    shell.flag.touch()
    finished: set[int] = set()

    def held() -> bool:
        """Tell whether one run is finished, and the other, which does not end, has begun."""
        runs = shell.folder / "out" / "runs"
        outcomes, begun = list(runs.glob("*ReLU*/outcome.json")), list(runs.glob("*Held*/attempts"))
        finished.update(path.stat().st_mtime_ns for path in outcomes)
        return bool(outcomes and begun)

    def gone() -> None:
        """Wait for the worker of the run that does not end, and see that it has not ended it."""
        with FileLock(shell.run("Held") / ".lock", timeout=PATIENCE):
            assert not (shell.run("Held") / "outcome.json").exists()

    with shell.start(*SWEEP, "--executor.workers", "2") as process:
        until(held)
        # Ctrl-C reaches the whole group.
        os.killpg(process.pid, signal.SIGINT)
        _, error = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "Traceback" not in error
    assert error.splitlines()[-1] == (
        "verism: Interrupted; 1 of 2 runs are finished, and the same command does the rest."
    )
    gone()

    (shell.run("Held") / "attempts").unlink()
    with shell.start(*SWEEP, "--executor.workers", "2") as process:
        until(held)
        process.kill()
        process.wait()
        gone()

    shell.flag.unlink()
    status, _ = shell.sweep("--executor.workers", "2")
    assert status == 0
    assert shell.error("Held") is None
    assert held() is False  # Nothing is being tried any more.
    assert len(finished) == 1  # The first result has stood all the while.


def test_dask(base: Path) -> None:
    """A scheduler and two workers, of which one is killed; Dask itself gives up on its run at once."""
    shell = Shell(base, "torch.nn.ReLU", "torch.nn.Tanh", "perilous.DeadlyOnce")
    shell.environment["DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES"] = "0"
    file = shell.folder / "scheduler.json"
    scheduler = (
        "dask",
        "scheduler",
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--no-dashboard",
        "--scheduler-file",
        str(file),
    )
    worker = ("dask", "worker", "--scheduler-file", str(file), "--nthreads", "1", "--no-nanny", "--no-dashboard")
    with shell.start(*scheduler), shell.start(*worker) as first, shell.start(*worker) as second:
        until(file.exists)
        address = json.loads(file.read_text())["address"]
        assert shell.sweep("--executor", "dask", "--executor.address", address)[0] == 0
        assert sorted((first.poll(), second.poll()), key=str) == [-signal.SIGKILL, None]
    for activation in ("ReLU", "Tanh", "DeadlyOnce"):
        assert shell.error(activation) is None


def test_ray(base: Path) -> None:
    """A cluster on this machine, of which one worker is killed."""
    pytest.importorskip("ray")
    shell = Shell(base, "torch.nn.ReLU", "perilous.DeadlyOnce")
    assert shell.sweep("--executor", "ray")[0] == 0
    assert shell.flag.exists()
    for activation in ("ReLU", "DeadlyOnce"):
        assert shell.error(activation) is None


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "carrier-pigeon://home"])
def test_a_scheduler_that_does_not_answer(base: Path, capsys: pytest.CaptureFixture[str], address: str) -> None:
    Shell(base, "torch.nn.ReLU")
    with pytest.raises(SystemExit, match="2"):
        main(["sweep", "--config", str(base.parent / "grid.yaml"), "--executor=dask", f"--executor.address={address}"])
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith(f"verism: --executor.address {address}: no Dask scheduler answers there (")


@pytest.mark.parametrize(("executor", "module"), [("dask", "distributed"), ("ray", "ray")])
def test_an_engine_that_is_not_installed(
    base: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], executor: str, module: str
) -> None:
    Shell(base, "torch.nn.ReLU")
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(SystemExit, match="2"):
        main(["sweep", "--config", str(base.parent / "grid.yaml"), f"--executor={executor}"])
    said = capsys.readouterr().err.strip()
    assert said == f"verism: --executor {executor} needs more packages: pip install 'verism[{executor}]'."


def test_a_worker_takes_one_chain_after_the_other(base: Path) -> None:
    """What it has imported and loaded, it has for all of them."""
    shell = Shell(base, "perilous.Named", "perilous.NamedToo")
    assert shell.sweep("--executor.workers", "1")[0] == 0
    processes = {(shell.folder / f"process-{name}").read_text() for name in ("Named", "NamedToo")}
    assert len(processes) == 1
    for activation in ("Named", "NamedToo"):
        # Each has a log of its own all the same.
        assert (shell.run(activation) / "log.txt").read_text().count("Weights: compact") == 1
