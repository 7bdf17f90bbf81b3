"""Activations that do to a worker what a sweep must survive."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from torch import Tensor, nn

CALLS = 40
"""As many calls as it takes to be in the middle of a run; VGG-19 makes a dozen a step, and two before the first."""


class Perilous(nn.ReLU):
    """One that knows of a flag: a file that is there or not, whatever the process and its folder."""

    def __init__(self, flag: str) -> None:
        super().__init__()
        self.flag = Path(flag)


class Deadly(Perilous):
    """Kills its process in the middle of a run, as the kernel does when memory runs out."""

    calls = 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        if self.calls == CALLS:
            self.kill()
        return super().forward(x)

    def kill(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class DeadlyOnce(Deadly):
    """Kills the first process that it is in, and leaves the flag for those after it."""

    def kill(self) -> None:
        if not self.flag.exists():
            self.flag.touch()
            super().kill()


class Held(Perilous):
    """Does not come to an end while the flag is there."""

    def forward(self, x: Tensor) -> Tensor:
        while self.flag.exists():
            time.sleep(0.05)
        return super().forward(x)


class Named(Perilous):
    """Says in which process it is."""

    def forward(self, x: Tensor) -> Tensor:
        self.flag.with_name(f"process-{type(self).__name__}").write_text(str(os.getpid()))
        return super().forward(x)


class NamedToo(Named):
    """The same, by another name."""
