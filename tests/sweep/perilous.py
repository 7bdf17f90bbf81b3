"""Activations that do to a worker what a worker must survive, or must not; for runs in processes of their own."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from torch import Tensor, nn

FLAG = "VERISM_TEST_FLAG"
"""The environment variable that names a file."""

CALLS = 40
"""As many as it takes to be in the middle of a run: VGG-19 makes a dozen a step."""


def _flag() -> Path:
    return Path(os.environ[FLAG])


class Deadly(nn.ReLU):
    """Kills its process in the middle of the run, as the kernel does when memory runs out."""

    calls = 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        if self.calls == CALLS:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().forward(x)


class DeadlyOnce(Deadly):
    """Kills the first process, which leaves the flag, and no other."""

    def forward(self, x: Tensor) -> Tensor:
        if self.calls + 1 == CALLS:
            if _flag().exists():
                self.calls += 1
            _flag().touch()
        return super().forward(x)


class Held(nn.ReLU):
    """Does not come to an end while the flag is there."""

    def forward(self, x: Tensor) -> Tensor:
        while _flag().exists():
            time.sleep(0.05)
        return super().forward(x)
