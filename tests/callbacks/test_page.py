"""The page that a run leaves beside its picture."""

from __future__ import annotations

import io
import re
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor

from verism import images, photo_file
from verism.backbone.weights import Weights
from verism.callbacks.page import UNMEASURED
from verism.canvas import Lut3d
from verism.cli import main
from verism.page import result as result_page

STEPS = ("--trainer.max_steps", "3")


@pytest.fixture(autouse=True)
def tiny(tiny_weights: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every run here is with the tiny backbone, and started as ``verism``."""
    monkeypatch.setattr("sys.argv", ["verism"])


def test_a_run_leaves_its_page(run: Callable[..., Path]) -> None:
    page = (run(*STEPS) / "result.html").read_text()
    assert "<h1>content in the look of style</h1>" in page
    assert "Shapes and edges: " in page
    assert "max_steps: 3" in page
    assert re.search(r'"command": "verism render \S*/content-style"', page.replace("\\u0027", "'"))
    assert page.count('<path class="line c') >= 3


def test_its_command_writes_the_picture_as_the_run_did(run: Callable[..., Path]) -> None:
    """In its colour space and depth, with the run's own classes; the sliders alone add the strength."""
    encoding = ("--output.profile", "keep", "--output.depth", "16", "--output.dither", "true", "--output.quality", "80")
    folder = run(*STEPS, *encoding, "--output.strength", "0.5", "--trust", "trouble")
    page = (folder / "result.html").read_text()
    (command,) = re.findall(r'"command": "([^"]*)"', page)
    assert command == f"verism render {folder} {' '.join(encoding)} --trust=trouble"
    main(command.split()[1:])
    (anew,) = set(folder.glob("result*.png")) - {folder / "result.png"}
    assert photo_file.read(anew).depth == 16


def test_its_losses_are_those_of_the_log(run: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Weighted, by step: as ``Scalars`` writes them."""
    shown: list[result_page.Contents] = []
    plain = result_page.html

    def html(contents: result_page.Contents) -> bytes:
        shown.append(contents)
        return plain(contents)

    monkeypatch.setattr(result_page, "html", html)
    folder = run(*STEPS, "--trainer.log_every_n_steps", "1")
    log = EventAccumulator(str(folder)).Reload()
    losses = shown[0].losses
    assert {"total", "content", "style"} <= set(losses)
    for name, values in losses.items():
        tag = "loss/total" if name == "total" else f"weighted/{name}"
        logged = [event.value for event in log.Scalars(tag)]
        assert values == pytest.approx(logged, rel=1e-5)


def test_beside_a_picture_of_another_name(run: Callable[..., Path]) -> None:
    run(*STEPS, "--output.path", "out/mine.jpg", "--output.lut", "mine.cube", "--model.canvas", "Lut3d")
    page = Path("out/mine.html").read_text()
    assert 'download="mine.cube"' in page


@pytest.mark.parametrize("strength", ["1", "0.5"])
def test_the_page_shows_no_more_than_the_picture(
    run: Callable[..., Path], strength: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At full strength, it shows the picture itself; at another, the sliders need the result at full strength."""
    rendered: list[torch.Size] = []
    plain = Lut3d.render

    def render(canvas: Lut3d, photo: Tensor) -> Tensor:
        rendered.append(photo.shape)
        return plain(canvas, photo)

    monkeypatch.setattr(Lut3d, "render", render)
    options = ("--model.canvas", "Lut3d", "--output.size", "48", "--output.strength", strength)
    folder = run(*STEPS, *options)
    picture = images.read(folder / "result.png")
    assert rendered.count(picture.shape) == (1 if strength == "1" else 2)
    found = re.findall(r"data:image/jpeg;base64,([^\"')]*)", (folder / "result.html").read_text())
    pictures = [Image.open(io.BytesIO(b64decode(data))) for data in found]
    alike = [it for it in pictures if it.size == (picture.shape[3], picture.shape[2])]
    assert len(alike) >= 2  # The photo and the result.
    if strength == "1":
        shown = [torch.from_numpy(np.array(it)).permute(2, 0, 1) / 255 for it in alike]
        assert min(float((it - picture[0]).abs().mean()) for it in shown) < 0.03


def test_not_if_it_is_not_wanted(run: Callable[..., Path]) -> None:
    assert not (run(*STEPS, "--page.write", "false") / "result.html").exists()


def test_somebody_elses_page_is_not_replaced(run: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine.html").write_text("somebody's own")
    for overwrite in ("false", "true"):
        with pytest.raises(SystemExit, match="2"):
            run(*STEPS, "--output.path", "mine.jpg", "--output.overwrite", overwrite)
        assert "mine.html: exists already" in capsys.readouterr().err
    assert Path("mine.html").read_text() == "somebody's own"
    run(*STEPS, "--output.path", "ours.jpg")
    run(*STEPS, "--output.path", "ours.jpg", "--output.overwrite", "true")


def test_a_run_that_was_stopped_leaves_one_and_replaces_it_when_it_goes_on(run: Callable[..., Path]) -> None:
    path = ("--output.path", "mine.jpg", "--trainer.max_steps", "6")
    with pytest.raises(SystemExit):
        run(*path, "--trainer.callbacks+", "trouble.Terminate", "--trainer.callbacks.after", "3")
    stopped = Path("mine.html").read_text()
    assert UNMEASURED in stopped
    run(*path, "--ckpt_path", "last")
    assert UNMEASURED not in Path("mine.html").read_text()


def test_it_goes_into_the_runs_folder_if_that_is_asked_for_and_there_is_one(run: Callable[..., Path]) -> None:
    """And what is beside the picture then does not matter."""
    path = ("--output.path", "mine.jpg", "--output.overwrite", "true", *STEPS, "--page.beside", "false")
    Path("mine.html").write_text("somebody's own")
    folder = run(*path)
    assert result_page.GENERATOR in (folder / "result.html").read_text()
    assert Path("mine.html").read_text() == "somebody's own"
    Path("mine.html").unlink()
    run(*path, "--trainer.logger", "false")
    assert result_page.GENERATOR in Path("mine.html").read_text()
