"""The command ``series``, with the embedded weights, on small shots of two scenes."""

from __future__ import annotations

import csv
import json
import re
import shlex
from collections.abc import Sequence
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import torch
from conftest import CONFIGS, shoot, synthetic_photo
from filelock import FileLock
from PIL import ExifTags, Image
from torch import Tensor

from verism import images, photo_file
from verism.batch.executors import Task, local
from verism.batch.table import ABOUT
from verism.cli import main
from verism.color.level import Shift, levelled
from verism.color.table import through
from verism.look import look_file
from verism.series.levels import MOST, STEEPEST
from verism.series.photo import PhotoJob

pytestmark = pytest.mark.slow

FIT = (
    "--data.size",
    "48",
    "--trainer.max_steps",
    "1",
    "--trainer.accelerator",
    "cpu",
    "--trainer.precision",
    "32-true",
)

NAMES = ("1.jpg", "2.jpg", "3.png", "4.jpg")


@pytest.fixture(autouse=True)
def holiday(tmp_path: Path, shots: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three shots of a lake, and one of a street, in the folder that commands run in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["verism"])
    for name, photo in zip(NAMES, shots.values(), strict=True):
        shoot(Path("holiday", name), photo)
    images.write(Path("theirs.jpg"), images.scale(images.read(CONFIGS / "photos" / "sunset.jpg"), 96), {})
    return tmp_path / "holiday"


def series(*options: str | Path) -> None:
    main(["series", "holiday/*.*", "--style", "theirs.jpg", "--output.dir", "out", *FIT, *map(str, options)])


def refused(*options: str | Path, status: int = 2) -> None:
    with pytest.raises(SystemExit) as caught:
        series(*options)
    assert caught.value.code == status


def rows() -> list[dict[str, str]]:
    with Path("out/photos.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def times() -> dict[str, int]:
    return {name: (Path("out") / name).stat().st_mtime_ns for name in NAMES if (Path("out") / name).exists()}


def test_a_series_from_its_photos_to_its_sheet(holiday: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One look, a small shift of each photo before it, and neighbours that agree."""
    series("--output.strength", "0.8")
    out, _ = capsys.readouterr()
    opening, *lines = out.splitlines()
    assert opening == "4 photos in the look of theirs.jpg"
    assert lines[0] == "4 of 4 photos are in out"
    agreement = r"Agreement: 2 pairs of neighbours of one scene, \d+% nearer to each other in colour than before\."
    assert re.fullmatch(agreement, lines[1])
    *lines, milder = lines[2:]
    assert lines == ["Before and after: out/sheet.jpg", f"Table: out/photos.csv, {ABOUT}"]
    typed = shlex.join(["series", "holiday/*.*", "--style", "theirs.jpg", *FIT])
    still = "Milder still, with 0.48 of the look in place of 0.8"
    assert milder == f"{still}: verism {typed} --output.dir out-strength-0.48 --output.strength 0.48"
    found = rows()
    assert [Path(row["photo"]).name for row in found] == list(NAMES)
    assert {row["status"] for row in found} == {"finished"}
    for row in found[:2]:
        assert float(row["difference_to_next_after"]) < 0.7 * float(row["difference_to_next_before"])
    assert [row["difference_to_next_before"] for row in found[2:]] == ["", ""]
    shifts, *slopes = (
        torch.tensor([[float(row[f"{kind}_{name}"]) for name in ("red", "green", "blue")] for row in found])
        for kind in ("stops_lighter", "more_stops_at_the_right", "more_stops_at_the_bottom")
    )
    tilts = torch.stack(slopes, dim=1)
    assert 0.001 < float(tilts.abs().max()) <= STEEPEST + 1e-3
    assert 0.1 < float(shifts.abs().max()) <= MOST + 1e-3
    torch.testing.assert_close(shifts[:3].sum(dim=0), torch.zeros(3), rtol=0, atol=1e-3)
    assert shifts[3].tolist() == [0, 0, 0]
    # The darker shot gets more light than the brighter one.
    assert bool((shifts[2] > shifts[1]).all())

    table, title = look_file.read(Path("out/look.safetensors"))
    assert title == "theirs"
    photo = images.read(holiday / "3.png")
    shifted = levelled(photo, Shift(shifts[2], tilts[2]))
    expected = images.blend(shifted, through(table, shifted), 0.8)
    torch.testing.assert_close(images.read(Path("out/3.png")), expected, rtol=0, atol=0.51 / 255)
    assert float((expected - photo).abs().mean()) > 3 / 255
    with Image.open("out/3.png") as file:
        said = json.loads(file.getexif()[ExifTags.Base.ImageHistory])
    assert said["look"] == "look.safetensors"
    assert said["stops"].split()[0] == f"{float(shifts[2, 0]):+.2f}"
    assert said["stops_down"].split()[2] == f"{float(tilts[2, 1, 2]):+.2f}"
    assert min(images.read(Path("out/sheet.jpg")).shape[-2:]) > 500


def test_photos_that_became_much_darker_are_named_with_what_helps(
    holiday: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images.write(Path("theirs.jpg"), 0.2 * images.read(Path("theirs.jpg")), {})
    (holiday / "2.jpg").unlink()
    series()
    said = [line for line in capsys.readouterr().err.splitlines() if "much darker" in line]
    assert len(said) == 1
    command = shlex.split(said[0].partition("own light: ")[2])
    assert command[-4:] == ["--output.dir", "out-tone-0.5", "--output.tone", "0.5"]
    dark = images.read(Path("out/1.jpg"))
    command[-1] = "0.2"
    main(command[1:])
    assert float(images.read(Path("out-tone-0.5/1.jpg")).mean()) > float(dark.mean()) + 0.05
    assert "much darker" not in capsys.readouterr().err


def test_the_same_command_does_what_is_new(
    holiday: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After Ctrl-C, after a photo was damaged or changed, and in a folder that has grown."""
    done = PhotoJob.__call__

    def interrupted(job: PhotoJob) -> None:
        if job.photo.name == "3.png":
            raise KeyboardInterrupt
        done(job)

    with monkeypatch.context() as patch:
        patch.setattr(PhotoJob, "__call__", interrupted)
        refused(status=1)
    assert capsys.readouterr().err.splitlines()[-1] == (
        "verism: Interrupted; 2 of 4 photos are done, and the same command does the rest."
    )
    first, look = times(), Path("out/look.safetensors").stat().st_mtime_ns
    assert list(first) == ["1.jpg", "2.jpg"]

    (holiday / "4.jpg").write_text("this is text")
    refused(status=1)
    out, err = capsys.readouterr()
    assert "verism: 2 of 4 photos are done already.\n" in err
    assert "3 of 4 photos are in" in out
    assert "1 of 4 photos failed, the first with:" in err
    assert "4.jpg: not an image" in err
    assert [row["status"] for row in rows()] == ["finished"] * 3 + ["failed"]
    second = times()
    assert {name: second[name] for name in first} == first

    shoot(holiday / "4.jpg", synthetic_photo(64, 96, seed=1))
    shoot(holiday / "5.png", synthetic_photo(64, 96, seed=2))
    series()
    out, err = capsys.readouterr()
    assert "verism: 3 of 5 photos are done already.\n" in err
    assert out.startswith("5 photos in the look of theirs.jpg, the look is there already\n5 of 5 photos are in")
    third = times()
    assert {name: third[name] for name in second} == second
    assert Path("out/look.safetensors").stat().st_mtime_ns == look

    shoot(holiday / "4.jpg", synthetic_photo(64, 96, seed=3))
    series()
    assert "verism: 4 of 5 photos are done already.\n" in capsys.readouterr().err
    assert times()["4.jpg"] != third["4.jpg"]

    anew = {
        ("--output.strength", "0.5"): "-strength-0.5",
        ("--level", "false"): "-2",
        ("--style", "holiday/1.jpg"): "-2",
    }
    for options, suffix in anew.items():
        refused(*options)
        said = capsys.readouterr().err
        assert "out: has a series with another style or other options; in a folder of its own: verism series" in said
        assert f" --output.dir out{suffix}" in said
    with FileLock("out/.series/.lock"):
        refused()
    assert "out: another series is at work there; wait, or choose another --output.dir" in capsys.readouterr().err


def test_workers_make_the_same(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Which tests/batch/test_jobs.py has on real schedulers; and without levels, the look is the same for all."""
    handed: list[Task] = []

    def run(self: local, tasks: Sequence[Task]) -> None:
        handed.extend(tasks)
        for task in tasks:
            task()

    monkeypatch.setattr(local, "run", run)
    series("--level", "false", "--executor", "local", "--executor.workers", "2")
    assert len(handed) == len(NAMES)
    assert "Agreement" not in capsys.readouterr().out
    table, _ = look_file.read(Path("out/look.safetensors"))
    for name in NAMES:
        photo = photo_file.read(Path("holiday", name)).pixels
        difference = (images.read(Path("out", name)) - through(table, photo).clamp(0, 1)).abs()
        assert float(difference.mean()) < 2 / 255
        if name.endswith("png"):
            assert float(difference.max()) < 0.51 / 255
    main(["series", "holiday/3.png", "--style", "theirs.jpg", "--level", "false", "--output.sheet", "false", *FIT])
    assert {path.suffix for path in Path("holiday/series-theirs").glob("*.*")} >= {".png", ".csv", ".safetensors"}
    assert not Path("holiday/series-theirs/sheet.jpg").exists()


def test_nothing_of_the_users_is_replaced(holiday: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("2.jpg", "sheet.jpg", "photos.csv", "look.safetensors"):
        path = Path("out") / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"precious")
        refused()
        assert f"{name}: exists already; choose another --output.dir." in capsys.readouterr().err
        assert path.read_bytes() == b"precious"
        path.unlink()
    (holiday / "1.jpg").rename(holiday / "sheet.jpg")
    refused()
    assert "sheet.jpg: would be both a photo's result and a file of the series; rename the photo" in (
        capsys.readouterr().err
    )
    assert not Path("out/look.safetensors").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--output.strength", "2"), "--output.strength 2.0: must be from 0"),
        (("--style", "gone.jpg"), "gone.jpg: no such photo."),
        (("--style", "notes.txt"), "notes.txt: not an image"),
        (("--config", "gone.yaml"), "gone.yaml: no such config"),
        (("--trainer.max_stepps", "2"), "trainer.max_stepps"),
        (("--data.max_megapixels", "0"), "--data.max_megapixels 0.0: must be above 0"),
        (("--output.dir", "theirs.jpg"), "theirs.jpg: the folder cannot be made"),
        (("--config", "leaky.yaml"), "has no look that other photos could take on"),
        (("--executor", "pigeons"), "executor"),
        (("--output.depth", "16"), "would have to be PNG or TIFF files, and results keep the formats of their photos"),
    ],
)
def test_mistakes_get_one_sentence(capsys: pytest.CaptureFixture[str], options: tuple[str, ...], said: str) -> None:
    Path("notes.txt").write_text("no photo")
    refused(*options)
    sentence = capsys.readouterr().err.splitlines()[-1]
    assert sentence.startswith("verism: ")
    assert said in sentence
    if "--style" in options:
        assert not Path("out").exists()
    assert not list(Path("out").glob("*.jpg"))


def test_colours_outside_srgb_are_told(holiday: Path, caplog: pytest.LogCaptureFixture) -> None:
    for photo in holiday.iterdir():
        photo.unlink()
    green = np.full((48, 64, 3), 120, np.uint8)
    green[:24] = 10, 250, 10
    Image.fromarray(green).save(holiday / "wide.png", icc_profile=imagecodecs.cms_profile("adobergb"))
    with caplog.at_level("INFO"):
        series("--output.profile", "keep", "--output.strength", "0.5")
    told = "50% of the photo has colours outside sRGB, in which looks are made: they are clipped to it."
    assert f"{holiday.relative_to(Path.cwd()) / 'wide.png'}: {told}" in [
        message.replace(f"{Path.cwd()}/", "") for message in caplog.messages
    ]


def test_a_clip_is_no_photo(holiday: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (holiday / "clip.mp4").touch()
    refused()
    assert "clip.mp4: is a clip, and a series has photos alone" in capsys.readouterr().err


def test_a_photo_that_is_not_there_is_all_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["series", "holiday/*.*", "holiday/nowhere.jpg", "--style", "theirs.jpg", "--output.dir", "out", *FIT])
    assert capsys.readouterr() == ("", "verism: holiday/nowhere.jpg: no such photo.\n")
    assert not Path("out").exists()


def test_a_style_is_named_after_its_option(capsys: pytest.CaptureFixture[str]) -> None:
    """As ``run`` takes it, without one, it would be one of the photos."""
    with pytest.raises(SystemExit):
        main(["series", "holiday", "theirs.jpg"])
    assert "series: --style (the photo whose look they take on) is missing" in capsys.readouterr().err


def test_the_loss_is_not_told(
    holiday: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says nothing to a photographer, as in ``run``."""
    monkeypatch.setattr("verism.lines.MOST", 0.0)
    series()
    told = capsys.readouterr().err
    assert re.search(r"^100% done$", told, re.MULTILINE)
    assert "loss" not in told
