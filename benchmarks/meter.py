"""What a command costs: wall seconds and peak memory.

Linux counts into a process's peak what the process that forked it held at that moment, even if it then executes another
program. So this file also is a program, of a few megabytes, which starts the command and waits for it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple


class Cost(NamedTuple):
    """What a process took, from its start to its end: wall seconds, and the most memory it held, in GB."""

    seconds: float
    gigabytes: float


class CommandError(Exception):
    """A command failed; the last line that it said."""


def metered(command: Sequence[str], log: Path) -> Cost:
    """Run a command.

    Args:
        command: a program's path and its arguments.
        log: gets all that the command says, in place of what stood there.

    Raises:
        CommandError: it ended with another status than 0.
    """
    with log.open("wb") as file:
        meter = [sys.executable, "-I", "-S", __file__, *command]
        report = subprocess.run(meter, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=file, check=True)  # noqa: S603
    status, seconds, kilobytes = json.loads(report.stdout)
    if status:
        said = log.read_text(errors="replace").split("\n")
        raise CommandError(next((line for line in reversed(said) if line.strip()), f"ended with status {status}"))
    return Cost(seconds, kilobytes * 1024 / 1e9)


def _main(command: Sequence[str]) -> None:
    started = time.perf_counter()
    # Its standard output is the report's.
    process = os.posix_spawn(command[0], list(command), os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, 2, 1)])
    _, status, usage = os.wait4(process, 0)
    seconds = time.perf_counter() - started
    sys.stdout.write(json.dumps([os.waitstatus_to_exitcode(status), seconds, usage.ru_maxrss]))


if __name__ == "__main__":
    _main(sys.argv[1:])
