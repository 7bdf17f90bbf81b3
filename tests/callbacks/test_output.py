"""The result on disk, however the run ends."""

from __future__ import annotations

import itertools
import json
import os
import pty
import re
import select
import signal
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
import torch
from PIL import ExifTags, Image
from processes import TIMEOUT, VERISM, started
from torch import Tensor

from verism import checkpoint, images, photo_file
from verism.backbone.weights import Weights
from verism.callbacks.scalars import is_due
from verism.color.table import through
from verism.look.cube import SPACE
from verism.look.lut_file import deviation
from verism.look.strength import Strength
from verism.losses import ContentLoss, StyleLoss, Term

pytestmark = pytest.mark.slow

STEPS = ("--trainer.max_steps", "3")


@pytest.fixture(autouse=True)
def tiny(tiny_weights: Weights) -> None:
    """Every run here is with the tiny backbone."""


def test_lands_in_the_runs_own_folder_again_and_again(run: Callable[..., Path], content: Tensor) -> None:
    folders = [run(*STEPS) for _ in range(2)]
    assert [folder.name for folder in folders] == ["content-style", "content-style_1"]
    first, second = (images.read(folder / "result.png") for folder in folders)
    assert torch.equal(first, second)
    assert float((first - content).abs().mean()) > 1 / 255


def test_says_what_made_it(run: Callable[..., Path], tiny_weights: Weights) -> None:
    def said(*options: str) -> dict[str, str]:
        with Image.open(run(*STEPS, *options) / "result.png") as file:
            history: dict[str, str] = json.loads(file.getexif()[ExifTags.Base.ImageHistory])
            return history

    half, again, other = said("--output.strength", "0.5"), said(), said("--model.content.weight", "9")
    assert half == {
        "weights": "tiny",
        "sha256": tiny_weights.sha256,
        "config": half["config"],
        "steps": "3",
        "strength": "0.5",
        "color": "1.0",
        "tone": "1.0",
    }
    assert len(half["config"]) == 64
    assert half["config"] == again["config"] != other["config"]


def test_a_photographers_file_stays_one(run: Callable[..., Path], tmp_path: Path) -> None:
    """16 bits, AdobeRGB, transparency and the time of the shot, from TIFF to TIFF; and less where less is asked for."""
    profile = imagecodecs.cms_profile("adobergb")
    # Colours that sRGB has too.
    samples = np.random.default_rng(0).integers(30000, 36000, (48, 64, 4)).astype(np.uint16)
    source, result = tmp_path / "shot.tiff", tmp_path / "graded.tiff"
    when = (36867, "s", 0, "2020:05:17 11:22:33", True)
    holds: dict[str, Any] = {"extrasamples": ["unassalpha"], "iccprofile": profile, "extratags": [when]}
    tifffile.imwrite(source, samples, photometric="rgb", **holds)
    options = (*STEPS, "--data.content", str(source), "--output.path", str(result), "--output.overwrite", "true")
    run(*options, "--output.strength", "0", "--output.profile", "keep")
    with tifffile.TiffFile(result) as tiff:
        page: Any = tiff.pages[0]
        assert page.iccprofile == profile
        assert "2020:05:17 11:22:33" in [tag.value for tag in page.tags]
        found = page.asarray()
    assert found.dtype == np.uint16
    # But for the way to sRGB and back, and colours that lay over white.
    assert np.abs(found.astype(int) - samples).max() < 200
    run(*options, "--output.depth", "8")
    graded = photo_file.read(result)
    assert (graded.depth, graded.profile) == (8, b"")
    assert graded.alpha is not None
    assert float((graded.pixels - photo_file.read(source).pixels).abs().mean()) > 1 / 255


def test_another_place(run: Callable[..., Path], tmp_path: Path) -> None:
    folder = run(*STEPS, "--output.path", str(tmp_path / "there" / "out.jpg"))
    assert images.read(tmp_path / "there" / "out.jpg").shape == (1, 3, 48, 64)
    assert not (folder / "result.png").exists()


def test_never_overwrites_unless_asked(
    run: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "precious.png"
    path.write_bytes(b"precious")
    with pytest.raises(SystemExit, match="2"):
        run(*STEPS, "--output.path", str(path))
    assert path.read_bytes() == b"precious"
    assert "precious.png: exists already; choose another --output.path" in capsys.readouterr().err
    assert not Path("lightning_logs").exists()
    run(*STEPS, "--output.path", str(path), "--output.overwrite", "true")
    assert images.read(path).shape == (1, 3, 48, 64)


SMALL = ("--data.size", "32")
"""The fit sees 32×42 of the content photo's 48×64 pixels."""


@pytest.mark.parametrize("canvas", ["Lut3d", "BilateralGrid"])
def test_a_canvas_that_colours_the_photo_does_so_at_its_full_size(
    run: Callable[..., Path], canvas: str, content: Tensor
) -> None:
    """With the photo's grain, which the fit did not see: without a look, it is the photo."""
    started = ("--model.canvas", canvas, "--model.canvas.init", "identity")
    assert images.read(run(*STEPS, *SMALL, *started) / "result.png").shape == (1, 3, 48, 64)
    still = images.read(run("--trainer.max_steps", "1", *SMALL, *started, "--optimizer.lr", "0") / "result.png")
    torch.testing.assert_close(still, (content * 255).round() / 255, rtol=0, atol=1e-6)


def test_pixels_are_as_many_as_were_optimised_unless_finished(run: Callable[..., Path], content: Tensor) -> None:
    assert images.read(run(*STEPS, *SMALL) / "result.png").shape == (1, 3, 32, 42)
    finished = images.read(run(*STEPS, *SMALL, "--model.canvas.finish", "true") / "result.png")
    assert finished.shape == (1, 3, 48, 64)
    assert float((finished - content).abs().mean()) > 1 / 255


@pytest.mark.parametrize("canvas", ["Pixels", "Lut3d", "BilateralGrid"])
def test_strength_0_is_the_content_photo_and_half_is_between(
    run: Callable[..., Path], canvas: str, content: Tensor
) -> None:
    """To the last of 8 bits, at full size; of pixels, at the size of the fit."""
    levels = (content * 255).round() / 255
    options = (*STEPS, "--model.canvas", canvas, *(() if canvas == "Pixels" else SMALL))
    none, half, full = (
        images.read(run(*options, "--output.strength", strength) / "result.png") for strength in ("0", "0.5", "1")
    )
    assert torch.equal(none, levels)
    assert not torch.equal(full, levels)
    torch.testing.assert_close(half, (levels + full) / 2, rtol=0, atol=1.01 / 255)


@pytest.mark.parametrize("canvas", ["Pixels", "Lut3d", "BilateralGrid"])
def test_colour_and_tone_are_those_of_strength(run: Callable[..., Path], canvas: str, content: Tensor) -> None:
    levels = (content * 255).round() / 255
    options = (*STEPS, "--model.canvas", canvas)
    full = images.read(run(*options) / "result.png")
    for choice in ({"color": 0.0}, {"tone": 0.0}, {"strength": 0.5, "color": 0.3, "tone": 0.8}):
        given = [word for name, value in choice.items() for word in (f"--output.{name}", str(value))]
        result = images.read(run(*options, *given) / "result.png")
        # What was given to Strength had not been rounded.
        torch.testing.assert_close(result, Strength(**choice)(levels, full), rtol=0, atol=3 / 255)
        assert float((result - full).abs().mean()) > 0.5 / 255


@pytest.mark.parametrize("strength", ["0", "0.5", "1"])
@pytest.mark.parametrize("canvas", ["Pixels", "Lut3d", "BilateralGrid"])
def test_a_table_of_the_look(
    run: Callable[..., Path], canvas: str, strength: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the result at its strength, and with how far it is from it, which is true."""
    said: list[str] = []
    monkeypatch.setattr("verism.callbacks.output.rank_zero_info", said.append)
    options = (*STEPS, "--model.canvas", canvas, "--output.strength", strength)
    folder = run(*options, "--output.lut", "luts/look.cube")
    lines = Path("luts/look.cube").read_text().splitlines()
    assert lines[:3] == ['TITLE "look"', SPACE, "LUT_3D_SIZE 33"]
    assert len(lines) == 3 + 33**3
    (announced,) = [line for line in said if line.startswith("Lookup table: ")]
    assert announced.startswith(f"Lookup table: {Path('luts/look.cube').resolve()}, ")
    assert ("the picture at this strength" in announced) == (strength != "1")
    mean, most = map(float, re.findall(r"(\d+\.\d+) (?:on average|for 95 %)", announced))
    table = torch.tensor([[float(x) for x in line.split()] for line in lines[3:]]).T.view(3, 33, 33, 33)
    found = deviation(through(table, images.read(Path("../content.png"))), images.read(folder / "result.png"))
    # The file's result is rounded to 8 bits.
    assert mean == pytest.approx(found.mean, abs=0.3)
    assert most == pytest.approx(found.most, abs=0.6)
    assert mean < 3
    if strength == "0" or canvas == "Lut3d":
        assert mean < 0.01


def test_a_table_as_a_picture(run: Callable[..., Path]) -> None:
    run(*STEPS, "--model.canvas", "Lut3d", "--output.lut", "look.png")
    assert images.read(Path("look.png")).shape == (1, 3, 512, 512)


def test_a_table_in_the_place_of_the_result_is_refused(
    run: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(*STEPS, "--output.path", "out.png", "--output.lut", "../work/out.png")
    assert "out.png: the result would replace the table; choose another --output.lut" in capsys.readouterr().err
    assert not Path("out.png").exists()


def test_never_overwrites_a_table_unless_asked(run: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    path = Path("precious.cube")
    path.write_text("precious")
    with pytest.raises(SystemExit, match="2"):
        run(*STEPS, "--output.lut", str(path))
    assert path.read_text() == "precious"
    assert "precious.cube: exists already; choose another --output.lut" in capsys.readouterr().err
    assert not Path("lightning_logs").exists()
    run(*STEPS, "--output.lut", str(path), "--output.overwrite", "true")
    assert path.read_text().startswith("TITLE")


@pytest.mark.parametrize("precision", ["64-true", "bf16-true"])
@pytest.mark.parametrize("canvas", ["Pixels", "Lut3d", "BilateralGrid"])
def test_whatever_the_precision_of_the_run(run: Callable[..., Path], canvas: str, precision: str) -> None:
    options = (*STEPS, "--model.canvas", canvas, "--output.lut", "look.cube", "--output.overwrite", "true")
    expected = images.read(run(*options, "--trainer.precision", "32-true") / "result.png")
    result = images.read(run(*options, "--trainer.precision", precision) / "result.png")
    assert float((result - expected).abs().mean()) < 4 / 255


@pytest.mark.parametrize("canvas", ["Lut3d", "BilateralGrid"])
def test_a_run_in_half_precision_does_not_round_the_photo(
    run: Callable[..., Path], canvas: str, content: Tensor
) -> None:
    """bf16 has fewer levels than a file."""
    still = ("--model.canvas", canvas, "--model.canvas.init", "identity", "--optimizer.lr", "0")
    result = images.read(run(*STEPS, *still, "--trainer.precision", "bf16-true") / "result.png")
    assert float((result - content).abs().max()) <= 1.01 / 255
    assert float((result - (content * 255).round() / 255).abs().mean()) < 0.05 / 255


def test_a_run_without_a_step_says_so(run: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(*STEPS, "--trainer.max_time", "00:00:00:00")
    assert "verism: No step was made, and so there is no result" in capsys.readouterr().err
    assert not list(Path("lightning_logs").glob("*/checkpoints/*"))


def test_a_loss_that_is_not_finite_at_once_promises_no_image(
    run: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = ContentLoss.forward

    def exploding(self: Any, totals: Any) -> Term:
        result = plain(self, totals)
        return result._replace(values=dict.fromkeys(result.values, torch.tensor(float("inf"))))

    monkeypatch.setattr(ContentLoss, "forward", exploding)
    with pytest.raises(SystemExit, match="1"):
        run(*STEPS, "--output.path", "none.png")
    message = capsys.readouterr().err.strip()
    assert message.endswith("choose another --model.content, other photos, or a wider --trainer.precision.")
    assert not Path("none.png").exists()


def test_max_time_keeps_the_image(run: Callable[..., Path], content: Tensor) -> None:
    folder = run("--trainer.max_steps", "100000", "--trainer.max_time", "00:00:00:02")
    assert float((images.read(folder / "result.png") - content).abs().mean()) > 1 / 255


@pytest.mark.parametrize(("term", "loss"), [("content", ContentLoss), ("style", StyleLoss)])
@pytest.mark.parametrize("rarely", [False, True], ids=["at every step", "when it is logged, as on a GPU"])
def test_a_non_finite_loss_stops_the_run_and_keeps_the_last_good_image(
    run: Callable[..., Path],
    term: str,
    loss: type[ContentLoss | StyleLoss],
    rarely: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """At step 4 the term becomes infinite; the image of step 3, three updates from the content photo, is kept."""
    run("--trainer.max_steps", "3", "--output.path", "three_updates.png")
    steps = itertools.count()
    plain = loss.forward

    def exploding(self: Any, totals: Any) -> Term:
        result = plain(self, totals)
        factor = 1 if next(steps) < 4 else float("inf")
        return result._replace(values={name: factor * (value + 1) for name, value in result.values.items()})

    monkeypatch.setattr(loss, "forward", exploding)
    if rarely:
        monkeypatch.setattr("verism.callbacks.output.is_looked_at", lambda trainer, loss: is_due(trainer))
    with pytest.raises(SystemExit, match="1"):
        run("--trainer.max_steps", "9", "--trainer.log_every_n_steps", "7", "--output.path", "kept.png")
    assert next(steps) == (8 if rarely else 5)
    said = capsys.readouterr().err
    assert f"The {term} loss became inf at step 4: use a lower --optimizer.lr" in said
    assert "kept.png" in said
    assert "Traceback" not in said
    assert torch.equal(images.read(Path("kept.png")), images.read(Path("three_updates.png")))


def test_a_run_without_a_first_loss_is_told_so_and_not_to_go_on(
    run: Callable[..., Path], capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """A lower learning rate does not help, and neither does it to go on from step 0."""
    with pytest.raises(SystemExit, match="1"):
        run("--trainer.max_steps", "3", "--model.losses.grain", "parts.Undefined", "--output.path", "none.png")
    assert "The grain loss is nan for the image that the run starts from" in capsys.readouterr().err
    assert "To go on from" not in caplog.text
    assert not Path("none.png").exists()


def test_a_last_step_that_spoils_the_image_keeps_the_one_before(
    run: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    run("--trainer.max_steps", "2", "--output.path", "two_updates.png")
    plain = torch.optim.Adam.step
    # The first is a trial, whether the optimiser can be used at all.
    steps = itertools.count(0)

    def spoiling(self: torch.optim.Adam, closure: Any = None) -> Any:
        result = plain(self, closure)
        if next(steps) == 3:
            for group in self.param_groups:
                group["params"][0].data.fill_(float("nan"))
        return result

    monkeypatch.setattr(torch.optim.Adam, "step", spoiling)
    run(*STEPS, "--output.path", "kept.png")
    assert torch.equal(images.read(Path("kept.png")), images.read(Path("two_updates.png")))


def long_run(photo_files: list[str], folder: Path) -> list[str]:
    """Return the command of a run on the embedded weights that takes for ever, and writes ``kept.png``."""
    command = [*VERISM, "fit", *photo_files, "--trainer.max_steps", "100000", "--model.backbone.weights", "compact"]
    command += ["--output.path", str(folder / "kept.png"), "--trainer.default_root_dir", str(folder)]
    # Lightning takes another bar where rich is installed.
    return [*command, "--trainer.callbacks+", "lightning.pytorch.callbacks.TQDMProgressBar"]


TENTH_STEP = " 10/100000 "
"""The bar's count of finished steps."""


def test_ctrl_c_keeps_the_image(photo_files: list[str], tmp_path: Path, content: Tensor) -> None:
    """The real thing: a process of its own, on the embedded weights, interrupted after its first steps."""
    with started([long_run(photo_files, tmp_path)], tmp_path / "said") as (process,):
        process.says(TENTH_STEP)
        process.receive(signal.SIGINT)
        assert process.ends() == 130, process.said
        assert "Result: " in process.said
        assert "Traceback" not in process.said
    assert float((images.read(tmp_path / "kept.png") - content).abs().mean()) > 1 / 255


@pytest.mark.skipif(sys.platform != "linux", reason="needs a terminal of Linux's")
def test_a_terminal_that_is_closed_keeps_the_image(photo_files: list[str], tmp_path: Path, content: Tensor) -> None:
    """A laptop's lid, or a lost connection: every write to the terminal fails from then on."""
    ours, theirs = pty.openpty()
    # In a terminal of no width, there is no room for a bar.
    termios.tcsetwinsize(theirs, (24, 80))
    # The first terminal that the leader of a session opens is the one that it hangs on.
    command = ["sh", "-c", f'exec "$@" < {os.ttyname(theirs)} > {os.ttyname(theirs)} 2>&1', "sh"]
    with started([[*command, *long_run(photo_files, tmp_path)]], tmp_path / "said") as (process,):
        said, deadline = "", time.monotonic() + TIMEOUT
        while TENTH_STEP not in said:
            assert time.monotonic() < deadline, said
            if select.select([ours], [], [], 1)[0]:
                said += os.read(ours, 4096).decode(errors="replace")
        os.close(theirs)
        os.close(ours)
        assert process.ends() == 128 + signal.SIGHUP
    assert float((images.read(tmp_path / "kept.png") - content).abs().mean()) > 1 / 255
    assert checkpoint.read(checkpoint.last(str(tmp_path)))["global_step"] >= 10
