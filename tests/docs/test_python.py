"""The examples in docs/python.md and in docstrings: they run."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from conftest import synthetic_photo
from documents import ROOT, blocks

from verism import images
from verism.backbone.weights import Weights

pytestmark = pytest.mark.slow

PAGE = ROOT / "docs" / "python.md"

MODULES = ("verism.api", "verism.data.photo_pair", "verism.look.look", "verism.look.table_look", "verism.module")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_weights: Weights) -> Path:
    """An empty folder with three photos, and the tiny network."""
    monkeypatch.chdir(tmp_path)
    write_photos(64, 96)
    return tmp_path


def write_photos(height: int, width: int) -> None:
    for seed, name in enumerate(("mine", "theirs", "another")):
        images.write(Path(f"{name}.jpg"), synthetic_photo(height, width, seed), {})


def test_the_page_runs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # Smaller, since its runs are whole ones, and nothing on it says how large they are.
    write_photos(32, 48)
    names: dict[str, Any] = {}
    for block in blocks(PAGE.read_text(), "python"):
        exec(block, names)  # noqa: S102
    assert "no such photo.jpg: no such photo" in capsys.readouterr().out
    assert names["picture"].size == (48, 32)
    assert names["mild"].tobytes() == names["same"].tobytes() != names["picture"].tobytes()
    made = {path.name for path in folder.iterdir()}
    assert {"result.png", "result.tiff", "another.png", "look.cube", "logs", "best"} <= made
    assert "lightning_logs" not in made


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_of_docstrings_run(folder: Path, module: str) -> None:
    found = doctest.testmod(import_module(module))
    assert found.attempted
    assert not found.failed
