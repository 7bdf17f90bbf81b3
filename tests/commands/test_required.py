"""What a command cannot do without is asked for by name, with a command that has it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import option_names as tool
import pytest

from verism.cli import COMMANDS, main
from verism.commands import required
from verism.commands.required import NEEDED, check, completed, plain
from verism.errors import VerismError


@pytest.mark.slow
def test_it_is_what_the_parsers_need() -> None:
    for command in COMMANDS:
        if command != "run":
            parser = tool.parser(command)
            # Those of ``fit`` are below the parser of Lightning's commands.
            below = [getattr(action, "_name_parser_map", {}).get("fit") for action in parser._actions]
            parser = next(filter(None, below), parser)
            # The model's parts are required too, and have defaults.
            required = [action for action in parser._actions if action.required and not action.default]
            needed = {f"--{it.dest}" if it.option_strings else it.dest.upper() for it in required}
            assert set(NEEDED.get(command, ())) == needed, command


@pytest.mark.parametrize(
    ("command", "args", "said"),
    [
        (
            "export",
            ["lightning_logs/sea"],
            "is missing; for example: verism export lightning_logs/sea --output.path look.cube",
        ),
        ("render", ["--output.path=a b.jpg"], "verism render lightning_logs/mine-theirs '--output.path=a b.jpg'"),
        ("render", ["--data.content", "mine.jpg", "--output.path", "a.jpg"], "render: RUN (the folder of a run) is"),
        ("predict", ["sea", "a.jpg"], "predict: --output.dir (the folder for the pictures) is missing"),
        ("predict", ["sea", "a.jpg", "b.jpg"], "verism predict sea a.jpg b.jpg --output.dir graded"),
        ("predict", ["sea"], "verism predict sea --data.photos 'holiday/*.jpg' --output.dir graded"),
        (
            "predict",
            [],
            "(the folder of a run or of a series), --data.photos (photos, folders or patterns) and --output.dir",
        ),
        ("series", ["a.jpg"], "series: --style (the photo whose look they take on) is missing"),
        ("series", ["--style", "a.jpg"], "verism series 'holiday/*.jpg' --style a.jpg"),
        ("fit", ["--data.content", "a.jpg"], "verism fit --data.content a.jpg --data.style theirs.jpg"),
        ("sweep", ["--dry_run"], "sweep: --base"),
        ("test", [], "verism test lightning_logs/mine-theirs"),
        ("figures", ["--dpi", "300"], "verism figures lightning_logs/mine-theirs --dpi 300"),
    ],
)
def test_what_is_missing_is_told(command: str, args: list[str], said: str) -> None:
    with pytest.raises(VerismError, match=f"^.*{re.escape(said)}"):
        check(command, args)


def test_the_last_photo_of_a_series_may_be_the_style(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("trip").mkdir()
    Path("beacon.jpg").touch()
    with pytest.raises(VerismError, match=r"verism series trip --style beacon\.jpg --level false$"):
        check("series", ["trip", "beacon.jpg", "--level", "false"])
    with pytest.raises(VerismError, match=r"verism series beacon\.jpg trip --style theirs\.jpg$"):
        check("series", ["beacon.jpg", "trip"])
    with pytest.raises(VerismError, match=r"verism series beacon\.jpg --style theirs\.jpg$"):
        check("series", ["beacon.jpg"])


def test_a_command_is_completed() -> None:
    assert completed("predict", ["sea", "a b.jpg"]) == "verism predict sea 'a b.jpg' --output.dir graded"
    assert completed("render", ["sea", "--output.path=a.jpg"]) == "verism render sea --output.path=a.jpg"
    assert completed("test", ["sea"]) == "verism test sea"


@pytest.mark.parametrize("command", NEEDED)
def test_its_example_lacks_nothing(command: str) -> None:
    with pytest.raises(VerismError) as raised:
        check(command, [])
    words = shlex.split(str(raised.value).rpartition("for example: ")[2])
    assert words[:2] == ["verism", command]
    check(command, words[2:])


@pytest.mark.parametrize(
    ("command", "args"),
    [
        ("fit", ["--config", "photoreal.yaml"]),
        ("fit", ["--data", "photos.yaml"]),
        ("fit", ["--print_config"]),
        ("sweep", ["--config=slopes.yaml"]),
        ("sweep", ["--dry_run", "--base", "a.yaml", "--grid", "{}"]),
        ("export", ["--output.strength", "0.6", "sea", "--output.pa", "look.cube"]),
        ("series", ["--style", "a.jpg", "b.jpg", "--level", "false", "c.jpg"]),
        ("doctor", []),
        ("run", ["mine.jpg"]),
    ],
)
def test_what_may_be_there_is_left_to_the_parser(command: str, args: list[str]) -> None:
    check(command, args)


def test_the_parser_says_the_same() -> None:
    late = "the following arguments are required: fit.data.content, fit.data.style"
    with pytest.raises(VerismError) as raised:
        check("fit", [])
    assert plain("fit", [], late) == str(raised.value)
    assert plain("export", ["a"], "the following arguments are required: output.path").startswith(
        "export: --output.path ("
    )
    others = "--trainer.logger: CSVLogger: the following arguments are required: save_dir"
    assert plain("fit", [], others) == others
    assert required.plain("doctor", [], "the following arguments are required: x") == (
        "the following arguments are required: x"
    )


@pytest.mark.slow
def test_a_config_that_lacks_it_is_told_alike(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "few.yaml").write_text("trainer: {max_steps: 3}")
    with pytest.raises(SystemExit, match="2"):
        main(["fit", "--config", str(tmp_path / "few.yaml")])
    said = capsys.readouterr().err
    assert said.startswith("verism: fit: --data.content (your photo) and --data.style (")
    assert f"verism fit --config {tmp_path / 'few.yaml'} --data.content mine.jpg --data.style theirs.jpg" in said
