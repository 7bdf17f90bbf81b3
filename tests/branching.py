"""Runs of ``fit`` that part from one process just before each takes its folder: what costs most is done once."""

from __future__ import annotations

import builtins
import errno
import io
import json
import multiprocessing
import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import tiny_vgg19
from fuzz import leave

from verism.backbone import weights
from verism.cli import main
from verism.commands import run_folder
from verism.commands.run_folder import Numbered

ENOUGH = 200
"""Seconds after which a run hangs."""


class Disk:
    """A disk that is full once some files have been opened to be written."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.plain = builtins.open

    def open(self, file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        if set(mode) & set("wax+") and isinstance(file, (str, Path)) and not str(file).startswith("/dev/"):
            self.room -= 1
            if self.room < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(file))
        return self.plain(file, mode, *args, **kwargs)

    def mount(self) -> None:
        """Be where files are opened, by Python's own functions and by libraries."""
        builtins.open = self.open
        io.open = self.open  # What pathlib and TensorBoard call.


def branched(options: Sequence[str], folder: Path, rooms: Sequence[int | None]) -> list[int]:
    """Run ``fit`` as often as there are ``rooms``, in ``folder`` and at the same instant; returns their statuses.

    Args:
        options: of ``fit``.
        folder: the runs' current folder; what they say is in ``0.txt``, ``1.txt``, …
        rooms: how many files each can open to be written before its disk is full; None: as many as it likes.
    """
    context = multiprocessing.get_context("forkserver")
    process = context.Process(target=_trunk, args=(list(options), folder, list(rooms)))
    process.start()
    process.join(ENOUGH)
    if process.is_alive():
        os.killpg(process.pid or 0, signal.SIGKILL)
    process.join()
    statuses: list[int] = json.loads((folder / "statuses.json").read_text())
    return statuses


def _trunk(options: list[str], folder: Path, rooms: list[int | None]) -> None:
    os.setsid()
    os.chdir(folder)
    # A process that has used a GPU cannot be forked.
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    torch.set_num_threads(1)
    patch = pytest.MonkeyPatch()
    patch.setattr(weights, "load", lambda source, published: tiny_vgg19())
    patch.setattr(run_folder, "claim", _branching(run_folder.claim, folder, rooms))
    leave(lambda: main(["fit", *options]))


def _branching(
    claim: Callable[[Sequence[Numbered], str | None], None], folder: Path, rooms: Sequence[int | None]
) -> Callable[[Sequence[Numbered], str | None], None]:
    def branch(loggers: Sequence[Numbered], name: str | None = None) -> None:
        gate, opens = os.pipe()
        children: list[int] = []
        for number, room in enumerate(rooms):
            if (child := os.fork()) == 0:
                os.close(opens)
                said = os.open(folder / f"{number}.txt", os.O_WRONLY | os.O_CREAT)
                for stream in (1, 2):
                    os.dup2(said, stream)
                if room is not None:
                    Disk(room).mount()
                # Until all are there.
                os.read(gate, 1)
                return claim(loggers, name)
            children.append(child)
        os.close(opens)
        statuses = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        (folder / "statuses.json").write_text(json.dumps(statuses))
        os._exit(0)

    return branch
