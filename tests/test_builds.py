"""torch and torchvision must be there, and be built for one another."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import pytest

from verism import builds
from verism.cli import main
from verism.commands import doctor
from verism.errors import VerismError


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of packages that stands for site-packages."""

    def distribution(package: str) -> metadata.PathDistribution:
        folder = tmp_path / f"{package}-1.dist-info"
        if not folder.is_dir():
            raise metadata.PackageNotFoundError(package)
        return metadata.PathDistribution(folder)

    monkeypatch.setattr(metadata, "distribution", distribution)
    return tmp_path


def install(folder: Path, package: str, version: str) -> None:
    (folder / f"{package}-1.dist-info").mkdir()
    (folder / package).mkdir()
    (folder / package / "version.py").write_text(f"from typing import Optional\n__version__ = '{version}'\n")


@pytest.mark.parametrize(
    ("torch", "torchvision"),
    [
        ("2.15.0+cu132", "0.29.2+cu132"),
        ("2.15.0+cpu", "0.29.2+cpu"),
        ("2.15.0", "0.29.2"),
        ("2.15.0a0+gitd0f2af8", "0.29.2+cu132"),
    ],
    ids=["of one index", "for the CPU", "Mac", "of one's own"],
)
def test_packages_of_one_place_are_fine(installed: Path, torch: str, torchvision: str) -> None:
    install(installed, "torch", torch)
    install(installed, "torchvision", torchvision)
    builds.check()


def test_what_is_not_built_for_one_another_is_refused(
    installed: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    install(installed, "torch", "2.15.0+cpu")
    install(installed, "torchvision", "0.29.2+cu132")
    said = "torch is built for cpu, but torchvision for cu132, so they do not work together; install both"
    with pytest.raises(VerismError, match=rf"{said} .*, and {builds.CPU} if you want no GPU\.$"):
        builds.check()
    assert str(doctor.findings()["advice"]).startswith(said)
    with pytest.raises(SystemExit) as stop:
        main(["export", str(tmp_path), "--output.path", "look.cube"])
    assert stop.value.code == VerismError.exit_status
    assert capsys.readouterr().err.startswith(f"verism: {said}")


def test_a_missing_package_is_named(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(installed, "torch", "2.15.0+cpu")
    with pytest.raises(VerismError, match=re.escape(f"torchvision is not installed; try: {builds.INSTALL}.")):
        builds.check()

    def version(package: str) -> str:
        if package == "torchvision":
            raise metadata.PackageNotFoundError(package)
        return "1"

    monkeypatch.setattr(metadata, "version", version)
    found = doctor.findings()
    assert "torch 1, torchvision is missing, lightning 1" in found["packages"]
    assert found["advice"].startswith("torchvision is not installed")


def test_this_installation_is_fine() -> None:
    builds.check()
