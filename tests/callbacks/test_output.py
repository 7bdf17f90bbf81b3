"""The result on disk, however the run ends."""

from __future__ import annotations

import itertools
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import ExifTags, Image
from torch import Tensor

from verism import images
from verism.losses import ContentLoss, StyleLoss, Term
from verism.weights import Weights

STEPS = ("--trainer.max_steps", "3")


@pytest.fixture(autouse=True)
def tiny(tiny_weights: Weights) -> None:
    """Every run here is with the tiny backbone."""


def test_lands_in_the_runs_own_folder_again_and_again(run: Callable[..., Path], content: Tensor) -> None:
    folders = [run(*STEPS) for _ in range(2)]
    assert [folder.name for folder in folders] == ["version_0", "version_1"]
    first, second = (images.read(folder / "result.png") for folder in folders)
    assert torch.equal(first, second)
    assert float((first - content).abs().mean()) > 1 / 255


def test_says_what_made_it(run: Callable[..., Path], tiny_weights: Weights) -> None:
    with Image.open(run(*STEPS) / "result.png") as file:
        exif = file.getexif()
    assert json.loads(exif[ExifTags.Base.ImageDescription]) == {
        "weights": "tiny",
        "sha256": tiny_weights.sha256,
        "steps": "3",
    }


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


def test_refuses_an_ending_before_the_run(run: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(*STEPS, "--output.path", "result.bmp")
    assert "results are written as .png, .jpg, .jpeg" in capsys.readouterr().err
    assert not Path("lightning_logs").exists()


def test_max_time_keeps_the_image(run: Callable[..., Path], content: Tensor) -> None:
    folder = run("--trainer.max_steps", "100000", "--trainer.max_time", "00:00:00:02")
    assert float((images.read(folder / "result.png") - content).abs().mean()) > 1 / 255


@pytest.mark.parametrize(("term", "loss"), [("content", ContentLoss), ("style", StyleLoss)])
def test_a_non_finite_loss_stops_the_run_and_keeps_the_last_good_image(
    run: Callable[..., Path],
    term: str,
    loss: type[ContentLoss | StyleLoss],
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
    with pytest.raises(SystemExit, match="1"):
        run("--trainer.max_steps", "9", "--output.path", "kept.png")
    said = capsys.readouterr().err
    assert f"The {term} loss became inf at step 4: use a lower --optimizer.lr" in said
    assert "kept.png" in said
    assert "Traceback" not in said
    assert torch.equal(images.read(Path("kept.png")), images.read(Path("three_updates.png")))


def test_a_last_step_that_spoils_the_image_keeps_the_one_before(
    run: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    run("--trainer.max_steps", "2", "--output.path", "two_updates.png")
    plain = torch.optim.Adam.step
    steps = itertools.count(1)

    def spoiling(self: torch.optim.Adam, closure: Any = None) -> Any:
        result = plain(self, closure)
        if next(steps) == 3:
            for group in self.param_groups:
                group["params"][0].data.fill_(float("nan"))
        return result

    monkeypatch.setattr(torch.optim.Adam, "step", spoiling)
    run(*STEPS, "--output.path", "kept.png")
    assert torch.equal(images.read(Path("kept.png")), images.read(Path("two_updates.png")))


def test_ctrl_c_keeps_the_image(photo_files: list[str], tmp_path: Path, content: Tensor) -> None:
    """The real thing: a process of its own, on the embedded weights, interrupted after its first steps."""
    command = [sys.executable, "-m", "verism", "fit", *photo_files, "--trainer.max_steps", "100000"]
    command += ["--model.backbone.weights", "compact", "--output.path", "kept.png"]
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, cwd=tmp_path, **pipe) as process:  # type: ignore[call-overload]
        said = ""
        # The bar's count of finished steps.
        while " 10/100000 " not in said:
            character = process.stdout.read(1)
            assert character, f"ended by itself: {said}"
            said += character
        process.send_signal(signal.SIGINT)
        said += process.stdout.read()
    assert "Result: " in said
    assert "Traceback" not in said
    assert process.returncode == 1
    assert float((images.read(tmp_path / "kept.png") - content).abs().mean()) > 1 / 255
