"""What is said of files and folders that are there, but may not be read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from closed import closed
from PIL import Image

from verism import VerismError, checkpoint, permission, photo_file
from verism.backbone import weights
from verism.batch.patterns import find, matching
from verism.cli import main
from verism.clip import reading
from verism.commands import config_file
from verism.commands.finished_run import FinishedRun
from verism.data.source import digest
from verism.look import look_file, saved
from verism.missing import missing, missing_run


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (48, 48), "teal").save("mine.jpg")
    mine = Path("mine.jpg").read_bytes()
    for name in ("holiday/mine.jpg", "run/config.yaml", "run/checkpoints/last.ckpt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(mine)


@pytest.mark.parametrize("ending", [".jpg", ".png", ".tif", ".heic", ".cr2", ".jxl", ".webp", ".txt"])
@pytest.mark.parametrize("read", [photo_file.read, photo_file.check_header, digest])
def test_a_photo_of_any_format(read: Callable[[Path], Any], ending: str) -> None:
    path = Path("holiday/mine.jpg").rename(f"it's mine{ending}")
    with closed(path), pytest.raises(VerismError) as raised:
        read(path)
    assert str(raised.value) == (
        f"{path}: permission to read this file is missing; as its owner, give it with "
        f"""chmod u+r 'it'"'"'s mine{ending}'"""
    )


@pytest.mark.parametrize(
    ("read", "name"),
    [
        (reading.check_exists, "clip.mp4"),
        (look_file.read, "look.safetensors"),
        (checkpoint.read, "last.ckpt"),
        (config_file.check, "my.yaml"),
        (weights.load, "vgg19.pth"),
    ],
)
def test_any_other_file(read: Callable[[Path], Any], name: str) -> None:
    path = Path("holiday/mine.jpg").rename(name)
    with closed(path), pytest.raises(VerismError, match=f"^{name}: permission to read this file is missing"):
        read(path)


def test_the_config_and_the_checkpoints_of_a_run() -> None:
    run = Path("run")
    with closed(run / "config.yaml"), pytest.raises(VerismError, match=r"run/config.yaml: permission to read this"):
        FinishedRun.read(run)
    with closed(run / "checkpoints"), pytest.raises(VerismError, match=r"checkpoints: permission to read this folder"):
        saved.newest(run)


@pytest.mark.parametrize("pattern", ["holiday", "holiday/*.jpg", "holiday/mine.jpg"])
@pytest.mark.parametrize("search", [find, matching])
def test_a_folder(search: Callable[[list[Path]], Any], pattern: str) -> None:
    with (
        closed(Path("holiday")),
        pytest.raises(VerismError, match=f"^{pattern.replace('*', '.')}: permission to ") as it,
    ):
        search([Path(pattern)])
    which = "this folder" if pattern == "holiday" else "the folder holiday"
    assert str(it.value).endswith(f"{which} is missing; as its owner, give it with chmod u+rx holiday")


@pytest.mark.parametrize("error", [missing, missing_run])
def test_what_is_in_such_a_folder_is_not_called_missing(error: Callable[[Path], VerismError]) -> None:
    with closed(Path("holiday")):
        said = str(error(Path("holiday/there/mine.jpg")))
    assert "permission to read the folder holiday is missing" in said


def test_in_a_folder_those_that_may_be_read_are_taken() -> None:
    other = Path("holiday/other.jpg")
    other.write_bytes(Path("holiday/mine.jpg").read_bytes())
    with closed(other):
        found = find([Path("holiday")])
    assert found.files == [Path("holiday/mine.jpg")]
    assert found.damaged == [other]
    with closed(other, Path("holiday/mine.jpg")), pytest.raises(VerismError, match="permission to read this file"):
        find([Path("holiday")])


@pytest.mark.parametrize(
    "words", [["holiday/mine.jpg", "mine.jpg"], ["mine.jpg", "holiday/*.jpg"], ["export", "holiday/x"]]
)
def test_the_command_line(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with closed(Path("holiday")), pytest.raises(SystemExit) as exit_:
        main(words)
    assert exit_.value.code == VerismError.exit_status
    assert "permission to read the folder holiday is missing" in capsys.readouterr().err


def test_what_may_be_read_or_is_not_there() -> None:
    for path in ("holiday", "holiday/mine.jpg", "nowhere/mine.jpg", "holiday/mine.jpg/x", "\0"):
        assert permission.denied(Path(path)) is None


def test_of_another_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path("holiday/mine.jpg")
    with closed(path), monkeypatch.context() as patched:
        patched.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
        said = str(permission.denied(path))
    assert said.endswith("this file is missing; its owner can give it with chmod a+r holiday/mine.jpg")
