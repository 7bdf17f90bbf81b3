"""The notebook: nothing in it was run, and it runs."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import nbformat
import pytest
from documents import ROOT
from nbclient import NotebookClient
from nbformat import NotebookNode
from PIL import Image

from verism import images

pytestmark = pytest.mark.slow

SIZES = "SIZE = 192", "GRID_STEPS, PIXEL_STEPS = 40, 60"


@pytest.fixture
def notebook() -> NotebookNode:
    result: NotebookNode = nbformat.read(ROOT / "docs" / "quickstart.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    return result


def test_git_holds_no_outputs(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


def test_it_runs(notebook: NotebookNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (sizes,) = (cell for cell in notebook.cells if all(size in cell.source for size in SIZES))
    sizes.source = "SIZE, GRID_STEPS, PIXEL_STEPS = 48, 3, 4"
    # One more process that imports torch; on two cores, threads wait for one another more than they work.
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    drawn = [base64.b64decode(output.data["image/png"]) for output in outputs if "image/png" in output.get("data", {})]
    assert len(drawn) == 5
    assert all(Image.open(io.BytesIO(picture)).width > 200 for picture in drawn)
    assert [output.text for output in outputs if output.output_type == "stream"] == []
    assert (tmp_path / "graded.png").is_file()
    assert (tmp_path / "look.cube").is_file()
    assert images.read(tmp_path / "graded.png").shape == images.read(ROOT / "configs" / "photos" / "picos.jpg").shape
