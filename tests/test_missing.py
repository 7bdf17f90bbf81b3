"""What is said of a photo that does not exist."""

from __future__ import annotations

from pathlib import Path

import pytest

from verism import VerismError, clip, photo_file
from verism.data.source import digest
from verism.missing import exists, missing, missing_run, nearest


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (
        "holiday/IMG_1234.jpg",
        "holiday/sunset over the lake.png",
        "holiday/clip.mp4",
        "holiday/.hidden.jpg",
        "holiday/mine.html",
        "holiday/mine.jpg",
    ):
        path = Path(name)
        path.parent.mkdir(exist_ok=True)
        path.touch()
    Path("holiday/sunset.jpg").mkdir()


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("holiday/IMG_1243.jpg", "holiday/IMG_1234.jpg"),
        ("holiday/img_1234.JPG", "holiday/IMG_1234.jpg"),
        ("holiday/IMG_1234.jpeg", "holiday/IMG_1234.jpg"),
        ("holiday/IMG_1234", "holiday/IMG_1234.jpg"),
        ("holdiay/IMG_1234.jpg", "holiday/IMG_1234.jpg"),
        ("Holiday/IMG_124.jpg", "holiday/IMG_1234.jpg"),
        ("holiday/sunset over lake.png", "holiday/sunset over the lake.png"),
        ("holiday/mien.jpg", "holiday/mine.jpg"),
        ("holiday/mine.jpeg", "holiday/mine.jpg"),
    ],
)
def test_the_nearest_file_is_named(wrong: str, right: str) -> None:
    assert str(missing(Path(wrong))) == f"{wrong}: no such photo; did you mean {right}?"


def test_a_name_that_is_too_long_is_that_of_no_file() -> None:
    assert exists(Path("holiday"))
    assert exists(Path("holiday/mine.jpg"))
    assert not exists(Path("holiday/x.jpg"))
    assert not exists(Path("x" * 300))


@pytest.mark.parametrize("other", ["tri.py", "tri.txt", "tri.html", "tri.yaml", "tri"])
def test_only_a_photo_or_a_clip_is_named_in_place_of_one(other: str) -> None:
    Path("holiday", other).touch()
    for wrong, kind in (("trip.jpg", "photo"), ("trip", "photo"), ("trip.mp4", "clip")):
        assert str(missing(Path("holiday", wrong), kind)) == f"holiday/{wrong}: no such {kind}."
    Path("holiday/tri.NEF").touch()
    for wrong, kind in (("trip.jpg", "photo"), ("trip", "photo"), ("trip.mp4", "clip")):
        assert str(missing(Path("holiday", wrong), kind)).endswith("; did you mean holiday/tri.NEF?")


def test_in_place_of_other_things_any_file_is_named() -> None:
    assert str(missing(Path("holiday/mine.htm"), "page")) == (
        "holiday/mine.htm: no such page; did you mean holiday/mine.html?"
    )
    assert nearest(Path("holiday/mine.htm")) == Path("holiday/mine.html")


@pytest.mark.parametrize(
    "name",
    [
        "holiday/IMG_5678.jpg",
        "holiday/hidden.jpg",
        "holiday/sunst.jpg",
        "holiday/sky.jpg",
        "elsewhere/IMG_1234.jpg",
        "x.jpg",
    ],
)
def test_nothing_is_made_up(name: str) -> None:
    assert nearest(Path(name)) is None
    assert str(missing(Path(name))) == f"{name}: no such photo."


def test_a_folder_is_named_where_there_may_be_one() -> None:
    assert str(missing(Path("holidya"))) == "holidya: no such photo; did you mean holiday?"
    assert str(missing(Path("holidya.jpg"))) == "holidya.jpg: no such photo."


def test_by_all_that_read_photos() -> None:
    for read in (photo_file.read, photo_file.check_header, digest):
        with pytest.raises(VerismError, match=r"did you mean holiday/IMG_1234\.jpg\?"):
            read(Path("holiday/IMG_123.jpg"))
    with pytest.raises(VerismError, match=r"no such clip; did you mean holiday/clip\.mp4\?"):
        clip.info(Path("holiday/clop.mp4"))


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("pocis-sunset", "lightning_logs/picos-sunset"),
        ("picos-sunset", "lightning_logs/picos-sunset"),
        ("lightning_logs/pocis-sunset", "lightning_logs/picos-sunset"),
        ("lightnng_logs/picos-sunset", "lightning_logs/picos-sunset"),
        ("lightning_logs/picos_sunset/checkpoints/last.ckpt", "lightning_logs/picos-sunset/checkpoints/last.ckpt"),
        ("lightning_logs/picos-sunset/checkpoints/lst.ckpt", "lightning_logs/picos-sunset/checkpoints/last.ckpt"),
        ("lightning_logs/picos-sunset/checkpoint/last.ckpt", "lightning_logs/picos-sunset/checkpoints/last.ckpt"),
        ("seires-theirs", "series-theirs"),
        ("lok.safetensors", "look.safetensors"),
    ],
)
def test_a_run_is_looked_for_where_runs_are(wrong: str, right: str) -> None:
    for name in ("lightning_logs/picos-sunset/checkpoints/last.ckpt", "series-theirs/a.jpg", "look.safetensors"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()
    Path("picos-sunset.jpg").touch()
    for absolute in (False, True):
        here = Path.cwd() if absolute else Path()
        said = str(missing_run(here / wrong)).replace(f"{Path.cwd()}/", "")
        assert said == f"{wrong}: no such run; did you mean {right}?"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("lake-dusk", "lake-dusk-over-the-northern-hills"),
        ("lightning_logs/Lake-dusk", "lake-dusk-over-the-northern-hills"),
        ("lake-da", "lake-dawn"),
        ("lake-dask", "lake-dust"),
    ],
)
def test_of_a_run_the_beginning_is_enough_and_comes_before_a_slip(typed: str, meant: str) -> None:
    for name in ("lake-dusk-over-the-northern-hills", "lake-dust", "lake-dawn"):
        Path("lightning_logs", name).mkdir(parents=True)
    assert str(missing_run(Path(typed))) == f"{typed}: no such run; did you mean lightning_logs/{meant}?"


@pytest.mark.parametrize(
    "name", ["pic", "lake-dusk", "mine.ckpt", "lightning_logs/lake-dusk", "/nowhere/at/all", "holiday/no"]
)
def test_no_run_is_made_up(name: str) -> None:
    Path("lightning_logs/picos-sunset").mkdir(parents=True)
    Path("mine.jpg").touch()
    assert str(missing_run(Path(name))) == f"{name}: no such run."
    assert str(missing_run(Path("runs") / name)) == f"{Path('runs') / name}: no such run."


def test_a_folder_is_not_its_own_correction() -> None:
    expected = "holiday: no such photo, but a folder; name a photo in it."
    assert str(missing(Path("holiday"))) == expected
    assert nearest(Path("/")) is None
    assert str(missing(Path("/"))) == "/: no such photo, but a folder; name a photo in it."
    with pytest.raises(VerismError, match=f"^{expected}$"):
        photo_file.read(Path("holiday"))
