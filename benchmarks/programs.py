"""Programs that make a step when they are asked to, each in a process of its own.

So a machine that is slower at one moment is slower for all that take turns, and none profits from another's settings.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection
from statistics import median
from types import TracebackType
from typing import Self

import torch
from lightning.fabric.plugins.environments.lightning import find_free_network_port
from torch.multiprocessing import get_context

from verism import Photos

Report = Callable[[float], None]
"""What a loop calls after each step, with its loss; it returns when the next step is wanted."""

Loop = Callable[[Photos, Report], None]
"""Steps without end, from two photos in [0, 1]."""


class Program:
    """A loop in a process of its own, or in several that share an image.

    Attributes:
        losses: at each step that was asked for.
        seconds: that each step took; the first is not counted, because it has all the preparations in it.
        gigabytes: the most memory that its process, or the largest of them, has held.
    """

    def __init__(self, loop: Loop, height: int, width: int, *, ranks: int = 1, threads: int | None = None) -> None:
        """Start it, and make the first step.

        Args:
            loop: what it does; it gets seeded noise, since the arithmetic is the same for any picture.
            height: of the photos, in pixels.
            width: of the photos, in pixels.
            ranks: how many processes share the image.
            threads: of each of them; None: as many as there are cores.
        """
        context = get_context("spawn")
        self.losses: list[float] = []
        self.seconds: list[float] = []
        self.gigabytes = 0.0
        self._pipes: list[Connection] = []
        self._processes = []
        port = str(find_free_network_port())
        for rank in range(ranks):
            ours, theirs = context.Pipe()
            # As a launcher tells Lightning which of several processes this is.
            environment = {"LOCAL_RANK": str(rank), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
            process = context.Process(
                target=_serve,
                args=(theirs, loop, height, width, environment if ranks > 1 else {}, threads or os.cpu_count()),
                daemon=True,
            )
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)
        self.step()
        self.seconds.clear()

    def step(self) -> None:
        """Make a step.

        Raises:
            RuntimeError: the process has ended; it has said why.
        """
        start = time.perf_counter()
        try:
            for pipe in self._pipes:
                pipe.send(None)
            answers = [pipe.recv() for pipe in self._pipes]
        except (EOFError, OSError) as error:
            raise RuntimeError("A program has ended; what it said of that stands above.") from error
        self.seconds.append(time.perf_counter() - start)
        self.losses.append(answers[0][0])
        self.gigabytes = max(gigabytes for _, gigabytes in answers)

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End it, in the middle of whatever it does."""
        for process in self._processes:
            process.kill()
            process.join()


def in_turns(programs: Sequence[Program], steps: int) -> None:
    """Have each of them make so many steps, one at a time."""
    for _ in range(steps):
        for program in programs:
            program.step()


def spread(numbers: Sequence[float], digits: int = 2) -> str:
    """Return a median, with the smallest and the largest."""
    return f"{median(numbers):.{digits}f} ({min(numbers):.{digits}f} to {max(numbers):.{digits}f})"


def ratios(program: Program, other: Program) -> list[float]:
    """Return how many times as long each step of one took as that of the other next to it."""
    return [seconds / beside for seconds, beside in zip(program.seconds, other.seconds, strict=True)]


def _serve(pipe: Connection, loop: Loop, height: int, width: int, environment: Mapping[str, str], threads: int) -> None:
    os.environ.update(environment)
    torch.set_num_threads(threads)
    generator = torch.Generator().manual_seed(0)

    def report(loss: float) -> None:
        pipe.send((loss, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9))
        pipe.recv()

    pipe.recv()
    loop(Photos(*(torch.rand(1, 3, height, width, generator=generator) for _ in range(2))), report)
