"""Activations that do to a worker what a sweep must survive."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from torch import Tensor, nn

FLAG = Path(os.environ.get("PERILOUS_FLAG", "flag"))

CALLS = 40
"""As many calls as it takes to be in the middle of a run; VGG-19 makes a dozen a step, and two before the first."""


class Deadly(nn.ReLU):
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
        if not FLAG.exists():
            FLAG.touch()
            super().kill()


class Held(nn.ReLU):
    """Does not come to an end while the flag is there."""

    def forward(self, x: Tensor) -> Tensor:
        while FLAG.exists():
            time.sleep(0.05)
        return super().forward(x)


class Named(nn.ReLU):
    """Says in which process it is."""

    def forward(self, x: Tensor) -> Tensor:
        FLAG.with_name(f"process-{type(self).__name__}").write_text(str(os.getpid()))
        return super().forward(x)


class NamedToo(Named):
    """The same, by another name."""
