"""The plug-in for GIMP 3: the command that it calls makes the picture. GIMP's own side is replaced."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock

import pytest
from by_path import module_at
from conftest import synthetic_photo

from verism import images

FILE = Path(__file__).parents[2] / "integrations" / "gimp" / "verism-look" / "verism-look.py"


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> Any:
    repository = ModuleType("gi.repository")
    for name in ("Gimp", "GimpUi", "Gio", "GLib", "GObject"):
        setattr(repository, name, MagicMock(name=name))
    repository.Gimp.PlugIn = object
    gi = MagicMock()
    gi.repository = repository
    monkeypatch.setitem(sys.modules, "gi", gi)
    monkeypatch.setitem(sys.modules, "gi.repository", repository)
    return module_at(FILE)


def test_has_the_name_of_its_folder() -> None:
    """Or GIMP does not see it; and it has to be executable."""
    assert FILE.stem == FILE.parent.name
    assert FILE.stat().st_mode & 0o111


@pytest.mark.slow
def test_calls_the_command(plugin: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a picture and a table; what goes wrong is what verism says."""
    command = tmp_path / "verism"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m verism "$@" --data.size 48 --trainer.max_steps 1\n')
    command.chmod(0o755)
    monkeypatch.setenv("VERISM", str(command))
    monkeypatch.chdir(tmp_path)
    content, style, result, lut = (tmp_path / name for name in ("content.png", "style.png", "result.png", "look.cube"))
    images.write(content, synthetic_photo(48, 64, seed=1), {})
    images.write(style, synthetic_photo(56, 40, seed=2), {})
    plugin.stylize(content, style, result, lut, 0.6)
    assert images.read(result).shape == (1, 3, 48, 64)
    assert lut.is_file()
    assert not (tmp_path / "lightning_logs").exists()
    style.write_text("this is text")
    with pytest.raises(RuntimeError, match=r"verism: .*style\.png: not an image"):
        plugin.stylize(content, style, tmp_path / "other.png", None, 1.0)
    monkeypatch.setenv("VERISM", str(tmp_path / "missing"))
    with pytest.raises(RuntimeError, match="cannot be started; set VERISM"):
        plugin.stylize(content, style, tmp_path / "other.png", None, 1.0)
