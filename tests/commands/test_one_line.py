"""What ``run`` says before it imports what takes seconds."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from test_waiting import Terminal

from verism.cli import COMMANDS, main
from verism.commands import one_line
from verism.errors import VerismError
from verism.missing import missing
from verism.waiting import STARTING

QUICK = """
import sys
from verism.cli import COMMANDS, main
try:
    main({args})
except SystemExit as end:
    print(end.code, "torch" in sys.modules or "lightning" in sys.modules)
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("mine.jpg", "theirs.jpg"):
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("args", "status"),
    [
        (["run", "--help"], 0),
        (["mien.jpg", "theirs.jpg"], 2),
        (["mine.jpg", "theris.jpg", "--preview"], 2),
        (["mine.jpg", "--styles", "theirs.jpg", "their.jpg", "--preview"], 2),
    ],
)
def test_neither_torch_nor_lightning_is_imported_for_it(here: Path, args: list[str], status: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", QUICK.format(args=args)], cwd=here, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == f"{status} False"
    if status:
        (name,) = [arg for arg in args if arg.endswith(".jpg") and not (here / arg).exists()]
        assert done.stderr == f"verism: {missing(here / name)}\n".replace(f"{here}/", "")
    else:
        assert done.stdout.startswith("usage: verism [run] PHOTO... STYLE")


def test_on_a_terminal_a_line_is_shown_until_the_command_is_imported(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    told: list[str] = []

    class Command:
        @staticmethod
        def run(args: list[str]) -> None:
            assert args == ["mine.jpg", "theirs.jpg"]
            told.append(terminal.getvalue())

    def imported(name: str) -> object:
        if name == "verism.commands.run":
            told.append(terminal.getvalue())
            return Command
        return import_module(name)

    monkeypatch.setattr("verism.commands.one_line.import_module", imported)
    monkeypatch.setattr(sys, "stderr", terminal)
    one_line.run(["mine.jpg", "theirs.jpg"])
    assert told == [STARTING, f"{STARTING}\r{' ' * len(STARTING)}\r"]


@pytest.mark.parametrize("ending", ["", ".jpg"])
def test_a_name_that_is_too_long(here: Path, ending: str, capsys: pytest.CaptureFixture[str]) -> None:
    name = "x" * 300 + ending
    for photos in ([name, "theirs.jpg"], ["mine.jpg", name]):
        with pytest.raises(SystemExit, match="2"):
            main(photos)
        assert f"{name}: no such " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("args", "found"),
    [
        (["mine.jpg", "theirs.jpg", "--output.strength", "0.6"], ("mine.jpg", "theirs.jpg")),
        (["--preview", "mine.jpg", "--open", "theirs.jpg"], ("mine.jpg", "theirs.jpg")),
        (["mine.jpg", "--open", "--style", "theirs.jpg"], ("mine.jpg", "theirs.jpg")),
        (["mine.jpg", "theirs.jpg", "theirs.jpg"], ()),
        (["mine.jpg"], ()),
        (["*.jpg", "theirs.jpg"], ()),
        ([".", "theirs.jpg"], ()),
        (["clip.mp4", "theirs.jpg"], ()),
        (["mine.jpg", "nowhere.jpg"], ()),
        (["mine.jpg", "theirs.jpg", "--data.style=other.jpg"], ()),
        (["mine.jpg", "theirs.jpg", "--data.style_mask=mask.png"], ("mine.jpg", "theirs.jpg")),
    ],
)
def test_one_picture_of_two_files(here: Path, args: list[str], found: tuple[str, ...]) -> None:
    (here / "clip.mp4").touch()
    assert one_line.only_pair(args) == tuple(map(Path, found))


def test_all_else_is_left_to_the_command(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Patterns, folders, clips, too few photos, and the values of options."""
    given: list[list[str]] = []

    class Command:
        @staticmethod
        def run(args: list[str]) -> None:
            given.append(args)

    monkeypatch.setitem(sys.modules, "verism.commands.run", Command)
    for args in (
        ["*.jpg", "theirs.jpg"],
        [str(here), "theirs.jpg"],
        ["missing.mp4", "theirs.jpg"],
        ["mine.jpg", "theirs.jpg", "--output.path", "new.jpg"],
        ["mine.jpg", "--preview", "theirs.jpg"],
        ["mine.jpg", "--style", "theirs.jpg", "mine.jpg", "--output.strength", "0.6"],
    ):
        one_line.run(args)
        assert given.pop() == args
    with pytest.raises(VerismError, match=r"^new.jpg: no such photo"):
        one_line.run(["mine.jpg", "new.jpg"])


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ([], "run: which photos? First yours, last the one whose look it takes on: verism mine.jpg theirs.jpg"),
        (["mine.jpg"], "the look comes from another photo, which is missing: verism mine.jpg theirs.jpg"),
        (["mine.jpg", "--preview"], "verism mine.jpg theirs.jpg --preview"),
        (["--style", "theirs.jpg"], "verism mine.jpg theirs.jpg"),
        (["mine.jpg", "theirs.jpg", "new.jpg"], "if the picture is to be called so: --output.path new.jpg"),
        (
            ["mine.jpg", "--data.style", "theirs.jpg", "--preview"],
            "--data.style: here, styles come after the photo: verism mine.jpg theirs.jpg --preview",
        ),
        (
            ["mine.jpg", "--data.style", "[theirs.jpg, 'a b.jpg']"],
            "with weights that mix them: verism mine.jpg theirs.jpg 'a b.jpg' --data.style_weights '[1, 1]'",
        ),
        (
            ["mine.jpg", "--data.style=[theirs.jpg, b.jpg]", "--data.style_weights", "[2, 1]"],
            "with weights that mix them: verism mine.jpg theirs.jpg b.jpg --data.style_weights '[2, 1]'",
        ),
        (
            ["mine.jpg", "--output.strength", "0.6", "theirs.jpg"],
            "theirs.jpg: photos come first, and options after them: verism mine.jpg theirs.jpg --output.strength 0.6",
        ),
    ],
)
def test_one_photo_or_photos_in_the_wrong_place(here: Path, args: list[str], said: str) -> None:
    with pytest.raises(VerismError) as raised:
        one_line.run(args)
    assert str(raised.value).endswith(said)


@pytest.mark.parametrize(
    ("args", "ordered"),
    [
        (["mine.jpg", "theirs.jpg", "series", "--level", "false"], "mine.jpg --style theirs.jpg --level false"),
        (["mine.jpg", "theirs.jpg", "fit"], "--data.content mine.jpg --data.style theirs.jpg"),
        (["lightning_logs/sea", "render", "--output.strength", "0.5"], "lightning_logs/sea --output.strength 0.5"),
        (
            ["lightning_logs/sea", "predict", "mine.jpg", "--output.dir", "x"],
            "lightning_logs/sea mine.jpg --output.dir x",
        ),
        (
            ["mine.jpg", "predict", "lightning_logs/sea", "--output.dir", "x"],
            "lightning_logs/sea mine.jpg --output.dir x",
        ),
        (["lightning_logs/sea", "export"], "lightning_logs/sea --output.path look.cube"),
    ],
)
def test_a_command_after_photos_or_a_run_is_told_with_the_words_in_order(
    here: Path, args: list[str], ordered: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("lightning_logs/sea/checkpoints").mkdir(parents=True)
    command = next(arg for arg in args if arg in COMMANDS)
    with pytest.raises(SystemExit, match="2"):
        main(args)
    assert capsys.readouterr().err == f"verism: {command}: a command comes first: verism {command} {ordered}\n"
