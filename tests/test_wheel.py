"""What is installed is all that it takes, wherever it is run."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from verism import images

REPOSITORY = Path(__file__).parents[1]

MOST = 25 * 2**20

PROGRAM = "import sys, verism; from verism.cli import main; print(verism.__file__); main(sys.argv[1:])"


def test_a_wheel_runs_in_another_folder(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run(
        [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(tmp_path), str(REPOSITORY)], check=True
    )
    (wheel,) = tmp_path.glob("verism-*.whl")
    assert wheel.stat().st_size < MOST
    with zipfile.ZipFile(wheel) as file:
        names = set(file.namelist())
    assert "verism/py.typed" in names
    configs = {path.relative_to(REPOSITORY).as_posix() for path in (REPOSITORY / "configs").rglob("*.yaml")}
    assert {f"verism/{config}" for config in configs} <= names
    assert not {name for name in names if name.startswith(("tests", "docs", "benchmarks", "lightning_logs"))}

    site, folder = tmp_path / "site", tmp_path / "elsewhere"
    folder.mkdir()
    subprocess.run([*pip, "install", "--no-deps", "--target", str(site), str(wheel)], check=True)
    options = "--config lut.yaml --data.size 48 --trainer.max_steps 2 --trainer.accelerator cpu --output.path out.png"
    said = subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM, "fit", *options.split()],
        check=True,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(site), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert said.stdout.startswith(f"{site / 'verism' / '__init__.py'}\n")
    assert images.read(folder / "out.png").ndim == 4
