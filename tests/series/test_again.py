"""The command of a series for another folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from verism.cli import main
from verism.look.strength import Strength
from verism.series.again import again, record, recorded

ARGS = (
    "my holiday/*.jpg",
    "--style",
    "theirs.jpg",
    "--output.strength",
    "0.8",
    "--output.dir=out",
    "--data.size",
    "48",
)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Commands are typed in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["verism"])
    return tmp_path


def test_an_option_that_is_given_anew_replaces_the_earlier_one() -> None:
    expected = "verism series 'my holiday/*.jpg' --style theirs.jpg --data.size 48 --output.dir out"
    assert again(ARGS, Path("out"), Strength(0.6)) == f"{expected}-strength-0.6 --output.strength 0.6"
    assert again(ARGS, Path("out"), Strength()) == expected
    # The name says one strength, too.
    assert again(ARGS, Path("out-strength-0.8"), Strength(0.6)) == again(ARGS, Path("out"), Strength(0.6))
    Path("out").mkdir()
    assert again(ARGS, Path("out"), Strength()) == f"{expected}-2"


def test_only_where_it_was_typed_does_it_mean_the_same(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = here / "out"
    assert recorded(folder, Strength()) == ""
    record(ARGS, folder)
    assert recorded(folder, Strength(0.6)) == again(ARGS, Path("out"), Strength(0.6))
    monkeypatch.chdir(folder)
    assert recorded(folder, Strength(0.6)) == ""


def test_render_names_it(capsys: pytest.CaptureFixture[str]) -> None:
    """A series has no one picture that could be rendered."""
    record(ARGS, Path("out"))
    with pytest.raises(SystemExit):
        main(["render", "out", "--output.strength", "0.3"])
    command = again(ARGS, Path("out"), Strength(0.3))
    assert f"out: is a series, and not a run with one picture; for its photos anew: {command}" in (
        " ".join(capsys.readouterr().err.split())
    )
