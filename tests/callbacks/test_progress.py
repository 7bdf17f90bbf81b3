"""The bar of a run: its steps, the time left, and nothing of Lightning's own."""

from __future__ import annotations

import io
import itertools
import math
import os
import pty
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from lightning.pytorch import LightningModule, Trainer

from verism.backbone.weights import Weights
from verism.callbacks.pace import Pace
from verism.callbacks.progress import Progress, describe


def test_says_how_far_a_run_is() -> None:
    assert describe(0, 15, None, math.nan) == "step 0 of 15"
    assert describe(3, 15, 24.0, 0.77213) == "step 3 of 15, loss 0.772, 24 s left"
    assert describe(3, None, None, 2.0) == "step 3, loss 2"
    assert describe(3, 15, 24.0, math.nan, in_parts=True) == "20% done, 24 s left"
    assert describe(15, 15, 24.0, math.nan, in_parts=True, of_all=True) == "100% done, 24 s left for all"
    assert describe(3, None, None, math.nan, in_parts=True) == "step 3"
    assert describe(15, 15, 0.0, 2.0) == "step 15 of 15, loss 2"


SHOWN = ("--trainer.enable_progress_bar", "true")


@pytest.fixture
def every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line is due at every step."""
    monkeypatch.setattr("verism.lines.MOST", 0.0)


@pytest.mark.parametrize(("steps", "first", "total"), [("6", 4, 6), ("9", 4, 9)], ids=["as planned", "longer"])
@pytest.mark.usefixtures("every_step")
def test_a_run_that_goes_on(
    run: Callable[..., Path],
    tiny_weights: Weights,
    capfd: pytest.CaptureFixture[str],
    steps: str,
    first: int,
    total: int,
) -> None:
    with pytest.raises(SystemExit):
        run("--trainer.max_steps", "6", "--trainer.callbacks+", "trouble.Terminate", "--trainer.callbacks.after", "3")
    capfd.readouterr()
    run("--trainer.max_steps", steps, "--ckpt_path", "last", *SHOWN)
    counts = [(int(done), int(of)) for done, of in re.findall(r"step (\d+) of (\d+)", capfd.readouterr().err)]
    assert counts[0][0] >= first
    assert counts[-1] == (total, total)
    assert {of for _, of in counts} == {total}


def test_the_time_left_is_that_of_later_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes before the first step, and what it does once, is not what the others take."""
    clock = [100.0]
    monkeypatch.setattr("verism.callbacks.progress.time.monotonic", lambda: clock[0])
    progress, trainer, model = Progress(), Trainer(logger=False, max_steps=10), LightningModule()
    progress.on_train_start(trainer, model)
    clock[0] += 30
    left = []
    for step, seconds in enumerate((5.0, 1.0, 1.0)):
        progress.on_train_batch_start(cast("Trainer", SimpleNamespace(global_step=step)), model, None, step)
        clock[0] += seconds
        left.append(progress._seconds_left(step + 1, 10))
    assert left == pytest.approx([45, 8, 7])


def test_a_run_that_goes_on_has_no_time_left_before_its_first_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was 158 hours: the steps made before seemed to have taken as long as the machine was on."""
    clock = [100_000.0]
    monkeypatch.setattr("verism.callbacks.progress.time.monotonic", lambda: clock[0])
    progress, model = Progress(), LightningModule()
    resumed = SimpleNamespace(global_step=2, estimated_stepping_batches=15)
    progress.on_train_start(cast("Trainer", resumed), model)
    assert progress._seconds_left(2, 15) is None
    progress.on_train_batch_start(cast("Trainer", resumed), model, None, 0)
    clock[0] += 3
    assert progress._seconds_left(3, 15) == pytest.approx(36)


def test_the_time_left_of_several_pictures_is_counted_in_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the reading before the steps, and the writing after them, of all pictures that are still to come."""
    clock = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    pace, left = Pace(3), []
    for reading, writing in ((6.0, 4.0), (6.0, 4.0), (6.0, 0.0)):
        pace.begin()
        clock[0] += reading
        progress = Progress(pace)
        for step in range(5):
            progress.on_train_batch_start(
                cast("Trainer", SimpleNamespace(global_step=step)), LightningModule(), None, step
            )
            clock[0] += 1
        left.append(progress._seconds_left(5, 10))
        clock[0] += 5 + writing
    # Of the first, nobody knows yet how long it will be written.
    assert left == pytest.approx([5 + 2 * 16, (20 - 11) + 20, 20 - 11])
    assert clock[0] - 100 == 3 * 20 - 4


def test_steps_that_take_longer_than_those_of_the_picture_before_are_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    pace = Pace(2)
    pace.begin()
    clock[0] = 10
    pace.begin()
    clock[0] = 15
    assert pace.left(8.0) == 8


def test_a_log_file_gets_a_line_from_time_to_time(
    run: Callable[..., Path],
    tiny_weights: Weights,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And none if the run is short."""
    monkeypatch.setattr("verism.lines.LEAST", 60.0)
    run("--trainer.max_steps", "4", *SHOWN)
    assert not re.search(r"^step \d", capfd.readouterr().err, re.MULTILINE)
    monkeypatch.setattr("verism.lines.LEAST", 10.0)
    clock = itertools.count(0.0, 3.0)
    monkeypatch.setattr("verism.lines.time", SimpleNamespace(monotonic=lambda: next(clock)))
    run("--trainer.max_steps", "38", *SHOWN)
    said = capfd.readouterr().err
    steps = [int(step) for step in re.findall(r"^step (\d+) of 38, loss \S+", said, re.MULTILINE)]
    assert steps == [*range(4, 38, 4), 38]
    assert "\r" not in said
    assert "\x1b" not in said


def test_a_terminal_gets_a_bar_and_messages_above_it(
    run: Callable[..., Path], tiny_weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal of its own, whose other end is read."""
    ours, theirs = pty.openpty()
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    with os.fdopen(theirs, "w", buffering=1) as terminal, monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", terminal)
        run("--trainer.max_steps", "5", *SHOWN)
        assert sys.stderr is terminal
    said = io.BytesIO()
    while True:
        try:
            said.write(os.read(ours, 65536))
        except OSError:
            break
        if b"writing the picture" in said.getvalue():
            break
    os.close(ours)
    text = said.getvalue().decode()
    assert "step 5 of 5" in text
    assert "\x1b[" in text
    assert not re.search("Epoch|v_num", text)


@pytest.mark.usefixtures("every_step")
def test_a_run_from_python_has_it_too(
    content_and_style: tuple[Path, Path],
    tiny_weights: Weights,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    from lightning.pytorch import Trainer  # noqa: PLC0415

    from verism import VGG19, ColorLoss, ContentLoss, PhotoPair, Pixels, StyleLoss, StyleTransfer  # noqa: PLC0415

    monkeypatch.chdir(tmp_path)
    model = StyleTransfer(Pixels(), VGG19(), ContentLoss(), StyleLoss(), ColorLoss())
    trainer = Trainer(max_steps=2, accelerator="cpu", enable_checkpointing=False, logger=False)
    trainer.fit(model, datamodule=PhotoPair(*content_and_style))
    said = "".join(capfd.readouterr())
    assert "step 2 of 2" in said
    assert not re.search(r"Epoch|v_num|TPU|GPU|stopped|litlogger|deprecated|Params", said)


@pytest.fixture
def content_and_style(photo_files: list[str]) -> tuple[Path, Path]:
    return Path(photo_files[1]), Path(photo_files[3])
