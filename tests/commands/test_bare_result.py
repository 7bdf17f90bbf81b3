"""A result that is named without its option is told before the imports, with the whole command."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from verism.cli import main
from verism.commands.bare_result import check
from verism.errors import VerismError


@pytest.fixture(autouse=True)
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("sea").mkdir()
    Path("mine.jpg").touch()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (
            "export sea look.cube",
            "look.cube: the lookup table is named with --output.path: verism export sea --output.path look.cube",
        ),
        (
            "render sea 'a b.jpg' --output.tone 0.5",
            (
                "a b.jpg: the picture is named with --output.path: "
                "verism render sea --output.tone 0.5 --output.path 'a b.jpg'"
            ),
        ),
    ],
)
def test_it_is_told_with_the_whole_command(typed: str, said: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(VerismError) as raised:
        check(*_split(typed))
    assert str(raised.value) == said
    check(*_split(said.partition("verism ")[2]))
    with pytest.raises(SystemExit, match="2"):
        main(shlex.split(typed))
    assert capfd.readouterr().err == f"verism: {said}\n"


@pytest.mark.parametrize(
    "typed",
    [
        "export sea",
        "export see look.cube",
        "export sea look.txt",
        "export sea look.cube --output.path=other.cube",
        "render sea mine.jpg",
        "render sea a.jpg b.jpg",
        "predict sea a.jpg",
    ],
)
def test_what_is_or_may_be_something_else_is_left(typed: str) -> None:
    check(*_split(typed))


def _split(typed: str) -> tuple[str, list[str]]:
    command, *args = shlex.split(typed)
    return command, args
