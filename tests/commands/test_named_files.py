"""Photos and runs that are not there are told before the imports."""

from __future__ import annotations

from pathlib import Path

import pytest

from verism.commands.named_files import check
from verism.errors import VerismError

SLIP = "mien.jpg: no such photo; did you mean mine.jpg?"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lightning_logs" / "sea").mkdir(parents=True)
    (tmp_path / "mine.jpg").touch()


@pytest.mark.parametrize(
    ("command", "args", "said"),
    [
        (
            "predict",
            ["lightning_logs/seas", "mine.jpg"],
            "lightning_logs/seas: no such checkpoint, run or series; did you",
        ),
        ("predict", ["sea"], "sea: no such checkpoint, run or series; did you mean lightning_logs/sea?"),
        ("predict", ["lightning_logs/sea", "mien.jpg"], SLIP),
        ("predict", ["--data.photos", "mine.jpg", "pan.mp4"], "pan.mp4: no such clip."),
        (
            "export",
            ["se", "--output.path", "a.cube"],
            "se: no such checkpoint, run or series; did you mean lightning_logs/sea?",
        ),
        ("export", ["look.safetensors"], "look.safetensors: no such look."),
        ("render", ["seas"], "seas: no such checkpoint or run; did you mean lightning_logs/sea?"),
        (
            "render",
            ["lightning_logs/sea", "--data.content=mien.jpg"],
            SLIP,
        ),
        ("test", ["mine.jpg", "mien.jpg"], SLIP),
        ("test", ["sea"], "sea: no such run; did you mean lightning_logs/sea?"),
        ("figures", ["sea"], "sea: no such run; did you mean lightning_logs/sea?"),
        ("series", ["mine.jpg", "b.jpg", "--style", "mine.jpg"], "b.jpg: no such photo."),
        ("series", ["mine.jpg", "--style", "mine.jpg", "b.jpg"], "b.jpg: no such photo."),
        ("fit", ["--data.content", "mien.jpg"], SLIP),
        ("fit", ["--data.style=mien.jpg"], SLIP),
    ],
)
def test_what_is_missing_is_told(command: str, args: list[str], said: str) -> None:
    with pytest.raises(VerismError) as raised:
        check(command, args)
    assert str(raised.value).startswith(said)


@pytest.mark.parametrize(
    ("command", "args"),
    [
        ("predict", ["lightning_logs/sea", "mine.jpg", "holiday/*.jpg", "."]),
        ("predict", ["s3://runs/sea", "mine.jpg"]),
        ("fit", ["--data.style", "[a.jpg, b.jpg]", "--data.content", "~/a.jpg", "--output.path", "new.jpg"]),
        ("fit", ["--data.content", "x" * 300]),
        ("series", ["*.jpg", "--style", "mine.jpg", "--output.dir", "new"]),
        ("sweep", ["--base", "new.yaml"]),
        ("doctor", []),
    ],
)
def test_what_may_be_more_than_a_name_is_left_to_the_command(command: str, args: list[str]) -> None:
    check(command, args)


def test_of_an_option_given_twice_the_last_counts() -> None:
    check("fit", ["--data.content", "mien.jpg", "--data.content", "mine.jpg"])
    with pytest.raises(VerismError, match=SLIP):
        check("fit", ["--data.content", "mine.jpg", "--data.content=mien.jpg"])
