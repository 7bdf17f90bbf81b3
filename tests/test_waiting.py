"""The line on the terminal while a command gets ready."""

from __future__ import annotations

import io
import sys

import pytest

from verism.cli import main
from verism.waiting import STARTING, waiting


class Terminal(io.StringIO):
    """Remembers what is written to a terminal."""

    def isatty(self) -> bool:
        return True


def test_it_goes_before_anything_else_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    told = []

    def interrupted() -> None:
        with waiting("Wait"):
            told.append(terminal.getvalue())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert told == ["Wait"]
    assert terminal.getvalue() == "Wait\r    \r"


def test_without_a_terminal_nothing_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with waiting("Wait"):
        pass
    assert capsys.readouterr().err == ""


def test_a_command_shows_it_and_a_slip_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with pytest.raises(SystemExit, match="2"):
        main(["doctor", "--nonsense"])
    assert STARTING not in terminal.getvalue()
    with pytest.raises(SystemExit, match="0"):
        main(["doctor", "--help"])
    assert STARTING in terminal.getvalue()
