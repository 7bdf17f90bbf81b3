"""Commands in processes of their own, several at a time, none of which outlives its test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

TIMEOUT = 240
"""Seconds after which something hangs."""

VERISM = (sys.executable, "-m", "verism")


class Process:
    """A command that runs, and what it and its children say."""

    def __init__(self, command: Sequence[str], log: Path, environment: Mapping[str, str]) -> None:
        self.log = log
        with log.open("wb") as said:
            self.popen = subprocess.Popen(
                command,
                stdout=said,
                stderr=subprocess.STDOUT,
                env={**_neutral(), **environment},
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        return self.log.read_text()

    def says(self, text: str) -> None:
        """Wait until it has said ``text``."""
        deadline = time.monotonic() + TIMEOUT
        while text not in self.said:
            assert self.popen.poll() is None, f"ended by itself: {self.said}"
            assert time.monotonic() < deadline, f"hangs: {self.said}"
            time.sleep(0.05)

    def ends(self) -> int:
        """Wait for its end; returns its status."""
        try:
            return self.popen.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"hangs: {self.said}") from None

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            # Its children too.
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait()


@contextmanager
def started(
    commands: Sequence[Sequence[str]], folder: Path, environments: Sequence[Mapping[str, str]] | None = None
) -> Iterator[list[Process]]:
    """Start commands at once, which log into ``folder``; what still runs at the end is killed."""
    folder.mkdir(parents=True, exist_ok=True)
    processes: list[Process] = []
    try:
        for number, command in enumerate(commands):
            environment = environments[number] if environments else {}
            processes.append(Process(command, folder / f"said_{number}.txt", environment))
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
