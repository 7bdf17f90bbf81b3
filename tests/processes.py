"""Commands in processes of their own, several at a time, none of which outlives its test."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import torch

from verism.cli import main

TIMEOUT = 240
"""Seconds after which something hangs."""

VERISM = (sys.executable, "-m", "verism")


FORKED = ("verism",)
"""The same, forked from a process that has imported all that it needs, which takes seconds: where the start of the
interpreter is not what is tested."""


class Process(ABC):
    """A command that runs in a process group of its own, and what it and its children say."""

    def __init__(self, log: Path) -> None:
        self.log = log

    @property
    @abstractmethod
    def pid(self) -> int:
        """The process, and its group."""

    @property
    @abstractmethod
    def status(self) -> int | None:
        """With which it ended, if it has."""

    @abstractmethod
    def wait(self, timeout: float | None) -> None:
        """Wait so many seconds for its end."""

    @property
    def said(self) -> str:
        return self.log.read_text()

    def says(self, text: str) -> None:
        """Wait until it has said ``text``."""
        deadline = time.monotonic() + TIMEOUT
        while text not in self.said:
            assert self.status is None, f"ended by itself: {self.said}"
            assert time.monotonic() < deadline, f"hangs: {self.said}"
            time.sleep(0.05)

    def ends(self) -> int:
        """Wait for its end; returns its status."""
        self.wait(TIMEOUT)
        assert self.status is not None, f"hangs: {self.said}"
        return self.status

    def receive(self, number: signal.Signals) -> None:
        """Send a signal to it, and not to its children."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            # Its children too.
            os.killpg(self.pid, signal.SIGKILL)
        self.wait(None)


class Executed(Process):
    """A program, started as a shell does."""

    def __init__(self, command: Sequence[str], log: Path, environment: Mapping[str, str]) -> None:
        super().__init__(log)
        with log.open("wb") as said:
            self.popen = subprocess.Popen(
                command, stdout=said, stderr=subprocess.STDOUT, env=environment, start_new_session=True
            )

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def status(self) -> int | None:
        return self.popen.poll()

    def wait(self, timeout: float | None) -> None:
        with suppress(subprocess.TimeoutExpired):
            self.popen.wait(timeout)


class Forked(Process):
    """The command ``verism``, in a process forked from one that has imported it."""

    def __init__(self, arguments: Sequence[str], log: Path, environment: Mapping[str, str]) -> None:
        super().__init__(log)
        # It can be read before the process has begun to write.
        log.touch()
        context = multiprocessing.get_context("forkserver")
        self.process = context.Process(target=_verism, args=(arguments, log, dict(environment), Path.cwd()))
        self.process.start()

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    @property
    def status(self) -> int | None:
        return self.process.exitcode

    def wait(self, timeout: float | None) -> None:
        self.process.join(timeout)


def _verism(arguments: Sequence[str], log: Path, environment: Mapping[str, str], folder: Path) -> None:
    """Be the command, from where a shell would start it."""
    os.setsid()
    said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(said, stream)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["verism", *arguments]
    torch.set_num_threads(1)
    main()


@contextmanager
def started(
    commands: Sequence[Sequence[str]], folder: Path, environments: Sequence[Mapping[str, str]] | None = None
) -> Iterator[list[Process]]:
    """Start commands at once, which log into ``folder``; what still runs at the end is killed."""
    folder.mkdir(parents=True, exist_ok=True)
    processes: list[Process] = []
    try:
        for number, command in enumerate(commands):
            environment = _neutral() | dict(environments[number] if environments else {})
            log = folder / f"said_{number}.txt"
            forked = tuple(command[:1]) == FORKED
            processes.append(Forked(command[1:], log, environment) if forked else Executed(command, log, environment))
        yield processes
    finally:
        for process in processes:
            process.kill()


def run(command: Sequence[str], folder: Path) -> tuple[int, str]:
    """Return a command's status, and what it said."""
    with started([command], folder) as (process,):
        return process.ends(), process.said


def _neutral() -> dict[str, str]:
    """Return this process's environment, without what would make its children part of a cluster, or see a GPU."""
    launchers = ("SLURM_", "TORCHELASTIC_", "MASTER_", "LOCAL_", "NODE_", "GROUP_", "RANK", "WORLD_SIZE", "PL_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(launchers)}
    return environment | {"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
