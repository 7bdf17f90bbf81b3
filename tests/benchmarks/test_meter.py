"""What a command costs, and what it says when it fails."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from meter import CommandError, metered


def python(program: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", program]


def test_peak_memory_is_the_commands_own(tmp_path: Path) -> None:
    """Not that of this process, which has imported torch; and its highest, not its last."""
    small, large = (
        metered(python(f"data = bytearray({size}); del data"), tmp_path / "log").gigabytes for size in (1, 100_000_000)
    )
    assert 0 < small < 0.05
    assert 0.1 < large < 0.15


def test_seconds_are_wall_time(tmp_path: Path) -> None:
    assert metered(python("import time; time.sleep(0.3)"), tmp_path / "log").seconds >= 0.3


def test_all_that_it_says_is_logged_in_place_of_what_stood_there(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("before")
    metered(python("import os; os.write(1, b'out '); os.write(2, b'err')"), log)
    assert log.read_text() == "out err"


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("import sys; sys.exit('some\\nverism: no such photo.\\n')", "verism: no such photo."),
        ("import sys; sys.exit(3)", "ended with status 3"),
        ("import os; os.kill(os.getpid(), 9)", "ended with status -9"),
    ],
)
def test_failure_is_the_last_line(tmp_path: Path, program: str, said: str) -> None:
    with pytest.raises(CommandError) as failure:
        metered(python(program), tmp_path / "log")
    assert str(failure.value) == said
