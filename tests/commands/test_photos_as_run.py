"""Photos in the place of a run are told before the imports, with the command in order."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from verism.commands.photos_as_run import check
from verism.errors import VerismError


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("mine.jpg", "lake-dusk.jpg", "notes.txt", "trip/a.NEF", "clips/a.mov", "texts/a.txt", "graded/b.jpg"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).touch()
    Path("graded/look.safetensors").touch()


@pytest.fixture
def runs() -> None:
    """Two that have left a checkpoint, the first of them the newer one, and one that has left none."""
    for name in ("lake-dusk", "lake-night"):
        state = Path("lightning_logs", name, "checkpoints", "last.ckpt")
        state.parent.mkdir(parents=True)
        state.touch()
    Path("lightning_logs/stopped/checkpoints").mkdir(parents=True)
    for age, name in enumerate(("stopped", "lake-night", "lake-dusk")):
        os.utime(Path("lightning_logs", name), (9e8 - age, 9e8 - age))


FIRST = "a run comes first: verism predict"
FOLDER = "name the folder of a run: verism"


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(
    ("command", "said"),
    [
        (
            "predict trip",
            f"trip: holds photos, and no run; {FIRST} lightning_logs/lake-night trip --output.dir graded",
        ),
        (
            "predict clips mine.jpg --output.dir out",
            f"clips: holds photos, and no run; {FIRST} lightning_logs/lake-night clips mine.jpg --output.dir out",
        ),
        (
            "predict mine.jpg lightning_logs/lake-dusk trip --output.dir out",
            f"mine.jpg: a picture, and not a run; {FIRST} lightning_logs/lake-dusk mine.jpg trip --output.dir out",
        ),
        (
            "predict trip/*.jpg --output.dir out",
            (
                "trip/*.jpg: stands for photos, and no run; "
                f"{FIRST} lightning_logs/lake-night 'trip/*.jpg' --output.dir out"
            ),
        ),
        (
            "export trip --output.path a.cube",
            f"trip: holds photos, and no run; {FOLDER} export lightning_logs/lake-night --output.path a.cube",
        ),
        (
            "export lake-dusk.jpg",
            (
                "lake-dusk.jpg: a picture, and not a run; "
                f"{FOLDER} export lightning_logs/lake-dusk --output.path look.cube"
            ),
        ),
        (
            "render mine.jpg --output.path soft.jpg",
            f"mine.jpg: a picture, and not a run; {FOLDER} render lightning_logs/lake-night --output.path soft.jpg",
        ),
        (
            "render trip",
            f"trip: holds photos, and no run; {FOLDER} render lightning_logs/lake-night",
        ),
        ("test trip", f"trip: holds photos, and no run; {FOLDER} test lightning_logs/lake-night"),
        (
            "test lightning_logs/lake-dusk trip",
            f"trip: holds photos, and no run; {FOLDER} test lightning_logs/lake-dusk",
        ),
        ("figures mine.jpg", f"mine.jpg: a picture, and not a run; {FOLDER} figures lightning_logs/lake-night"),
    ],
)
def test_it_is_told(command: str, said: str) -> None:
    name, *args = command.split()
    with pytest.raises(VerismError) as raised:
        check(name, args)
    assert str(raised.value) == said


def test_where_there_is_no_run_yet_it_says_what_makes_one() -> None:
    with pytest.raises(VerismError) as raised:
        check("predict", ["trip", "--output.dir", "out"])
    assert str(raised.value) == (
        "trip: holds photos, and no run; a run (verism mine.jpg theirs.jpg makes one) comes first: "
        "verism predict lightning_logs/mine-theirs trip --output.dir out"
    )


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(
    "command",
    [
        "predict lightning_logs/lake-dusk trip",
        "predict graded trip",
        "predict --ckpt_path lightning_logs/lake-dusk --data.photos trip",
        "export texts",
        "export notes.txt",
        "export nowhere.jpg",
        "render lightning_logs/lake-night mine.jpg",
        "test mine.jpg --content mine.jpg --style lake-dusk.jpg",
        "series trip --style mine.jpg",
        "run trip mine.jpg",
        "doctor",
        f"render {'x' * 300}.jpg",
    ],
)
def test_what_may_be_right_is_left_to_the_command(command: str) -> None:
    name, *args = command.split()
    check(name, args)
