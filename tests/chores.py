"""Jobs that do to a worker what a folder of photos may do to it; where workers can import them."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from verism.batch.record import Record


@dataclass(frozen=True)
class Chore:
    """Counts how often it was done."""

    record: Path

    def __call__(self) -> None:
        with self.record.with_suffix(".times").open("a") as file:
            file.write("I")
        self.work()
        Record(digest=str(os.getpid())).write(self.record)

    def work(self) -> None:
        """Do nothing."""

    @property
    def times(self) -> int:
        return len(self.record.with_suffix(".times").read_text())


class Deadly(Chore):
    """Kills its process, as the kernel does when memory runs out."""

    def work(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class DeadlyOnce(Chore):
    """Kills the first process that it is in."""

    def work(self) -> None:
        if self.times == 1:
            os.kill(os.getpid(), signal.SIGKILL)


class Failing(Chore):
    """Comes to nothing, and says so."""

    def __call__(self) -> None:
        Record(error="too dark").write(self.record)
