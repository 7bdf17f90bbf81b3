"""A program: runs of ``fit``, each killed at a moment of its own. ``killing.py FOLDER COUNT OPTION…``."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest
import torch
from conftest import tiny_vgg19

import verism.commands.fit  # noqa: F401  # Once, for all of the children.
from verism.backbone import weights
from verism.cli import main

TOGETHER = 4

LATEST = 0.7
"""Seconds after the first file of a run, or after the death before it, until which it is killed; the others sooner."""


def child(folder: Path, options: list[str]) -> None:
    with (folder / "said.txt").open("w") as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
    own = [
        "--trainer.default_root_dir",
        str(folder),
        "--trainer.accelerator",
        "cpu",
        "--checkpoints.every_n_steps",
        "1",
    ]
    try:
        main(["fit", *options, *own])
    finally:
        os._exit(0)


if __name__ == "__main__":
    root, count, options = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    torch.set_num_threads(1)
    pytest.MonkeyPatch().setattr(weights, "load", lambda source, published: tiny_vgg19())
    for first in range(0, count, TOGETHER):
        processes: dict[int, Path] = {}
        for number in range(first, min(first + TOGETHER, count)):
            folder = root / str(number)
            folder.mkdir()
            if (process := os.fork()) == 0:
                child(folder, options)
            processes[process] = folder / "lightning_logs"
        for number, (process, files) in enumerate(processes.items(), first):
            while not files.exists():
                time.sleep(0.01)
            # Spread evenly, and in an order in which each batch has early and late ones.
            time.sleep(LATEST * (7 * number % count) / count)
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
