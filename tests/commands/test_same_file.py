"""One file in two places is told before the imports, and in the words of the run's own check."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from verism.commands.same_file import check, check_photos, check_result
from verism.errors import VerismError

ALIKE = "mine.jpg: the photo and the look are the same file, and the photo would stay as it is; choose another"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("mine.jpg", "theirs.jpg", "clip.mp4", "trip/mine.jpg"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).touch()
    Path("link.jpg").symlink_to("mine.jpg")
    return tmp_path


@pytest.mark.parametrize(
    ("command", "args", "said"),
    [
        ("run", ["mine.jpg", "mine.jpg"], ALIKE),
        ("run", ["mine.jpg", "./trip/../mine.jpg", "--preview"], ALIKE),
        ("run", ["mine.jpg", "--preview", "--style", "link.jpg"], ALIKE),
        ("fit", ["--config", "leaky.yaml", "--data.content", "mine.jpg", "--data.style=link.jpg"], ALIKE),
        *(
            (
                command,
                [*photos, f"--{option}", path],
                f"{path}: the result would replace {taken}; choose another --{option}.",
            )
            for command, photos in (
                ("run", ["mine.jpg", "theirs.jpg"]),
                ("fit", ["--data.content", "mine.jpg", "--data.style", "theirs.jpg"]),
            )
            for option in ("output.path", "output.lut", "regions.path")
            for path, taken in (
                ("mine.jpg", "your photo"),
                ("link.jpg", "your photo"),
                ("theirs.jpg", "the style photo"),
            )
        ),
        (
            "run",
            ["mine.jpg", "theirs.jpg", "--output.path", "mine.jpg", "--config", "leaky.yaml"],
            "mine.jpg: the result would replace your photo",
        ),
    ],
)
def test_it_is_told(command: str, args: list[str], said: str) -> None:
    with pytest.raises(VerismError) as raised:
        check(command, args)
    assert str(raised.value).startswith(said)


@pytest.mark.parametrize(
    ("command", "args"),
    [
        ("run", ["mine.jpg", "theirs.jpg", "--output.path", "new.jpg"]),
        ("run", ["mine.jpg", "theirs.jpg", "--output.path", "trip"]),
        ("run", ["mine.jpg", "theirs.jpg", "mine.jpg"]),
        ("run", ["trip", "trip"]),
        ("run", ["mine.jpg", "mine.jpg", "--data.style", "theirs.jpg"]),
        ("run", ["mine.jpg"]),
        ("run", ["mine.jpg", "theirs.jpg", "--output.path", "x" * 300]),
        ("fit", ["--data.content", "mine.jpg", "--data.style", "mine.jpg", "--config", "leaky.yaml"]),
        ("fit", ["--data.content", "mine.jpg", "--output.path", "mine.jpg"]),
        ("fit", ["--data.content", "mine.jpg", "--data.style", "[mine.jpg, theirs.jpg]"]),
        ("series", ["mine.jpg", "--style", "mine.jpg"]),
    ],
)
def test_what_may_be_right_is_left_to_the_command(command: str, args: list[str]) -> None:
    check(command, args)


def test_of_any_other_option_its_name_is_said() -> None:
    mine = Path("mine.jpg")
    check_photos(mine, Path("theirs.jpg"))
    check_photos(Path("nowhere.jpg"), Path("nowhere.jpg"))
    for option, named in (
        ("data.content_mask", "data.content_mask"),
        ("model.canvas.init_args.init", "model.canvas.init"),
    ):
        with pytest.raises(VerismError, match=f"would replace --{named}; choose another --output.lut"):
            check_result("output.lut", mine, [("data.style", Path("theirs.jpg")), (option, Path("link.jpg"))])


TWICE = """
import sys
from verism.cli import main
try:
    main(["mine.jpg", {second!r}, "--output.path", {result!r}])
except SystemExit as end:
    print(end.code, "torch" in sys.modules or "lightning" in sys.modules)
"""


@pytest.mark.parametrize(
    ("second", "result", "said"),
    [
        ("mine.jpg", "new.jpg", "the same file"),
        ("theirs.jpg", "theirs.jpg", "would replace the style photo"),
        ("theirs.jpg", "new.heic", "results are written as"),
    ],
)
def test_neither_torch_nor_lightning_is_imported_for_it(here: Path, second: str, result: str, said: str) -> None:
    script = TWICE.format(second=second, result=result)
    done = subprocess.run([sys.executable, "-c", script], cwd=here, capture_output=True, text=True, check=True)
    assert done.stdout == "2 False\n"
    assert said in done.stderr
