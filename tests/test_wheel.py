"""The wheel: complete, small, and at work where there is no checkout."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml
from processes import run as run_process

import verism
from verism import images

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]

MEGABYTES = 25

PIP = (sys.executable, "-m", "pip", "-q", "--disable-pip-version-check")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    # hatchling is here; an environment of its own would have to be downloaded.
    subprocess.run([*PIP, "wheel", str(ROOT), "--no-deps", "--no-build-isolation", "-w", str(folder)], check=True)
    (file,) = folder.iterdir()
    return file


def test_holds_all_that_it_needs_and_no_more(wheel: Path) -> None:
    assert wheel.name == f"verism-{verism.__version__}-py3-none-any.whl"
    assert wheel.stat().st_size < MEGABYTES * 10**6
    with ZipFile(wheel) as file:
        names = {name for name in file.namelist() if ".dist-info/" not in name}
    ours = {
        (Path("verism") / place / path.relative_to(ROOT / folder)).as_posix()
        for folder, place in (("src/verism", ""), ("configs", "configs"))
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert names == ours
    assert {"verism/py.typed", "verism/configs/photoreal.yaml", "verism/configs/photos/picos.jpg"} <= names


def test_works_where_there_is_no_checkout(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In an environment of its own, which borrows this one's other packages; with its own config, photos, weights."""
    place = tmp_path / "environment"
    venv.create(place, symlinks=True)
    python = place / "bin" / "python"
    subprocess.run([*PIP, "--python", str(python), "install", "--no-deps", str(wheel)], check=True)
    (packages,) = place.glob("lib/python*/site-packages")
    # Of a path in such a file the files of this kind are not read: an editable install of verism stays behind.
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    monkeypatch.setenv("PYTHONPATH", "")
    monkeypatch.chdir(tmp_path)
    found = "import importlib.util, sys; print(importlib.util.find_spec('verism').origin, *sys.path, sep='\\n')"
    status, said = run_process([str(python), "-c", found], tmp_path / "found")
    assert status == 0, said
    origin, *path = said.splitlines()
    assert Path(origin) == packages / "verism" / "__init__.py"
    assert not any(Path(entry).is_relative_to(ROOT) and "site-packages" not in entry for entry in path if entry)

    command = [str(place / "bin" / "verism"), "fit", "--config", "leaky.yaml", "--model.backbone.weights", "compact"]
    steps = ["--data.size", "64", "--trainer.max_steps", "3", "--trainer.accelerator", "cpu"]
    status, said = run_process([*command, *steps, "--output.path", "out.png"], tmp_path / "fit")
    assert status == 0, said
    assert min(images.read(tmp_path / "out.png").shape[-2:]) == 64
    saved = yaml.safe_load((tmp_path / "lightning_logs" / "picos-sunset" / "config.yaml").read_text())
    assert Path(saved["data"]["content"]).is_relative_to(packages / "verism" / "configs" / "photos")
