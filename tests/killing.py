"""Runs of ``fit`` that part from one process just before each takes its folder, and are killed, each at its moment."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
import torch
from conftest import tiny_vgg19
from fuzz import leave

from verism.backbone import weights
from verism.cli import main
from verism.commands import run_folder
from verism.commands.run_folder import Numbered

TOGETHER = 4

ENOUGH = 300
"""Seconds in which all of the runs end."""

LATEST = 0.7
"""Seconds until which a run is killed after its first file, or the death before it if that is later; others sooner.

Every other run has a checkpoint by then, however slow the machine is.
"""

OWN = ("--trainer.default_root_dir", ".", "--trainer.accelerator", "cpu", "--checkpoints.every_n_steps", "1")
"""The root is the current folder, whichever that is: each run's is its own."""


def killed(options: Sequence[str], root: Path, count: int) -> None:
    """Run ``fit`` as often as ``count`` says, in ``root``'s folders ``0``, ``1``, …, and kill each of the runs.

    What a run says is in its ``said.txt``.
    """
    context = multiprocessing.get_context("forkserver")
    process = context.Process(target=_trunk, args=(list(options), root, count))
    process.start()
    process.join(ENOUGH)
    assert process.exitcode == 0


def _checkpoints(files: Path) -> Iterator[int]:
    """Yield the size of each checkpoint of a run."""
    for file in files.glob("*/checkpoints/*.ckpt"):
        # One that replaces another is renamed in between.
        with suppress(FileNotFoundError):
            yield file.stat().st_size


def _trunk(options: list[str], root: Path, count: int) -> None:
    os.chdir(root)
    # A process that has used a GPU cannot be forked.
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    torch.set_num_threads(1)
    patch = pytest.MonkeyPatch()
    patch.setattr(weights, "load", lambda source, published: tiny_vgg19())
    claim = run_folder.claim

    def branch(loggers: Sequence[Numbered], name: str | None = None) -> None:
        for first in range(0, count, TOGETHER):
            processes: dict[int, Path] = {}
            for number in range(first, min(first + TOGETHER, count)):
                folder = root / str(number)
                folder.mkdir()
                if (process := os.fork()) == 0:
                    os.chdir(folder)
                    said = os.open("said.txt", os.O_WRONLY | os.O_CREAT)
                    for stream in (1, 2):
                        os.dup2(said, stream)
                    return claim(loggers, name)
                processes[process] = folder / "lightning_logs"
            for number, (process, files) in enumerate(processes.items(), first):
                while not (any(_checkpoints(files)) if number % 2 else files.exists()):
                    time.sleep(0.01)
                # Spread evenly, and in an order in which each batch has early and late ones.
                time.sleep(LATEST * (7 * number % count) / count)
                os.kill(process, signal.SIGKILL)
                os.waitpid(process, 0)
        os._exit(0)

    patch.setattr(run_folder, "claim", branch)
    leave(lambda: main(["fit", *options, *OWN]))
