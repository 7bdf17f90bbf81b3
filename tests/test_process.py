"""The end of a command's process: as Python ends one, but sooner."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = """
import atexit, os, sys, threading, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from verism.process import process

class Left:
    def __del__(self):
        os.close(os.open("freed", os.O_CREAT))  # pathlib imports what Python no longer has then.

left = Left()
left.itself = left

def write(name):
    time.sleep(0.2)
    Path(name).touch()

def command():
    atexit.register(lambda: print("at exit", end=""))
    threading.Thread(target=write, args=("thread",)).start()
    ThreadPoolExecutor(1).submit(write, "pool")
    print("said", end=" ")
    {end}

process(command)
"""


def ended(folder: Path, end: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", COMMAND.format(end=end)], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("end", "status", "error"),
    [
        ("pass", 0, ""),
        ("sys.exit()", 0, ""),
        ("sys.exit(3)", 3, ""),
        ("sys.exit('verism: no.')", 1, "verism: no.\n"),
    ],
)
def test_all_is_done_but_freeing(tmp_path: Path, end: str, status: int, error: str) -> None:
    done = ended(tmp_path, end)
    assert (done.returncode, done.stdout, done.stderr) == (status, "said at exit", error)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pool", "thread"]


def test_a_bug_has_its_traceback(tmp_path: Path) -> None:
    done = ended(tmp_path, "1 / 0")
    assert done.returncode == 1
    assert done.stderr.endswith("ZeroDivisionError: division by zero\n")
    assert done.stdout == "said at exit"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_output_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", COMMAND.format(end="pass")],
            cwd=tmp_path,
            env={**os.environ, "PYTHONUNBUFFERED": ""},
            stdout=full,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    assert done.returncode == 120
