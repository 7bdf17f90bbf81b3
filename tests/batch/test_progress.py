"""How far many photos are: a bar on a terminal, elsewhere lines."""

from __future__ import annotations

import io
import sys

import pytest

from verism.batch.progress import Bar, progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_short_work_says_nothing_in_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    with progress(3, "Photos", "photo", lambda: (3, 0)):
        pass
    assert capsys.readouterr() == ("", "")


def test_long_work_says_lines_in_a_log(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    with Bar(40, "Photos", "photo") as bar:
        for number in range(40):
            clock[0] += 2
            bar.update(failed=int(number > 8))
    with Bar(None, "clip.mp4", "frame") as bar:
        clock[0] += 12
        bar.update(300)
    assert capsys.readouterr().err.splitlines() == [
        "Photos: 4 of 40, 2 min left",
        "Photos: 8 of 40, 2 min left",
        "Photos: 12 of 40, 1 failed, 56 s left",
        "Photos: 16 of 40, 1 failed, 48 s left",
        "Photos: 20 of 40, 1 failed, 40 s left",
        "Photos: 24 of 40, 1 failed, 32 s left",
        "Photos: 28 of 40, 1 failed, 24 s left",
        "Photos: 32 of 40, 1 failed, 16 s left",
        "Photos: 36 of 40, 1 failed, 8 s left",
        "Photos: 40 of 40, 1 failed",
        "clip.mp4: 300",
    ]


def test_a_terminal_has_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress(3, "Runs", "run", lambda: (3, 1)):
        pass
    assert "3/3" in terminal.getvalue()
    assert "1 failed" in terminal.getvalue()
