"""What ``run`` says before it imports what takes seconds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from verism.commands import one_line
from verism.errors import VerismError
from verism.missing import missing

QUICK = """
import sys
from verism.cli import main
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
        ["mine.jpg"],
        ["mine.jpg", "theirs.jpg", "--output.path", "new.jpg"],
    ):
        one_line.run(args)
        assert given.pop() == args
    with pytest.raises(VerismError, match=r"^new.jpg: no such photo"):
        one_line.run(["mine.jpg", "new.jpg"])
