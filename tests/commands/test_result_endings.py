"""An ending with which nothing can be written is told before the imports."""

from __future__ import annotations

from pathlib import Path

import pytest

from verism.commands.result_endings import check
from verism.errors import VerismError

PAIR = ["mine.jpg", "theirs.jpg"]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (*PAIR, "clip.mp4"):
        Path(name).touch()
    Path("trip.2026").mkdir()


@pytest.mark.parametrize(
    ("command", "args", "said"),
    [
        ("run", [*PAIR, "--output.path", "x.gif"], "x.gif: results are written as .png, .jpg"),
        ("run", [*PAIR, "--output.path=x.heic", "--preview"], "x.heic: results are written as .png, .jpg"),
        ("run", [*PAIR, "--output.lut", "x.jpg"], "x.jpg: lookup tables are written as .cube"),
        ("fit", ["--config", "a.yaml", "--output.path", "x.docx"], "x.docx: results are written as .png, .jpg"),
        ("fit", ["--output.lut", "x.txt"], "x.txt: lookup tables are written as .cube"),
        ("render", ["sea", "--output.path", "x.gif"], "x.gif: results are written as .png, .jpg"),
        ("export", ["sea", "--output.path", "x.jpg"], "x.jpg: lookup tables are written as .cube"),
    ],
)
def test_it_is_told(command: str, args: list[str], said: str) -> None:
    with pytest.raises(VerismError) as raised:
        check(command, args)
    assert str(raised.value).startswith(said)


@pytest.mark.parametrize(
    ("command", "args"),
    [
        ("run", [*PAIR, "--output.path", "x.JPG", "--output.lut", "x.cube"]),
        ("run", [*PAIR, "--output.path", "graded"]),
        ("run", [*PAIR, "--output.path", "trip.2026"]),
        ("run", ["mine.jpg", *PAIR, "--output.path", "x.gif"]),
        ("run", ["clip.mp4", "theirs.jpg", "--output.path", "x.gif"]),
        ("fit", ["--output.path", "s3://bucket/x.gif"]),
        ("fit", ["--output.path", "null"]),
        ("fit", ["--output.path", "x" * 300 + ".png"]),
        ("fit", ["--output.path", "x.gif", "--config", "a.yaml"]),
        ("export", ["sea", "--output.path", "x.safetensors"]),
        ("predict", ["sea", "mine.jpg", "--output.dir", "x.gif"]),
        ("doctor", []),
    ],
)
def test_what_may_be_right_is_left_to_the_command(command: str, args: list[str]) -> None:
    check(command, args)
