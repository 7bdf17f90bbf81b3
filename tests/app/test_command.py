"""The command itself; test_in_browser.py has the page."""

from __future__ import annotations

import importlib.util

import pytest

from verism.cli import main


def test_without_gradio_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="2"):
        main(["app"])
    said = capsys.readouterr().err
    assert said.startswith("verism: verism app needs Gradio, which is not installed: pip install 'verism[app]'")
    assert said.count("\n") == 1
