"""The option that somebody may have meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from verism.cli import main
from verism.suggestion import meant


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("model.cotent.weight", "model.content.weight"),
        ("data.szie", "data.size"),
        ("trainer.max_step", "trainer.max_steps"),
        ("output.overwite", "output.overwrite"),
        ("model.canvas.sed", "model.canvas.seed"),
    ],
)
def test_the_nearest_option_is_named(wrong: str, right: str) -> None:
    assert meant(f"Subcommand 'fit' does not accept option '{wrong}'") == f"; did you mean {right}?"
    assert meant(f"unrecognized arguments: --{wrong} 3") == f"; did you mean {right}?"


def test_nothing_is_made_up() -> None:
    assert meant("unrecognized arguments: --colourless.green.ideas") == ""
    assert meant("some other complaint about data.szie") == ""


def test_in_a_config_and_on_the_command_line(
    tmp_path: Path, photo_files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.yaml").write_text("model:\n  cotent:\n    weight: 3\n")
    for options, right in (
        (["--config", str(tmp_path / "mine.yaml")], "model.content.weight"),
        (["--data.szie", "300"], "data.size"),
    ):
        with pytest.raises(SystemExit) as stop:
            main(["fit", *photo_files, *options])
        assert stop.value.code == 2
        said = capsys.readouterr().err.splitlines()[-1]
        assert said.startswith("verism: ")
        assert said.endswith(f"; did you mean {right}?")
