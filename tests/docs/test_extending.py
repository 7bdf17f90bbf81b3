"""The parts of docs/extending.md: each of its files is complete, and its command runs."""

from __future__ import annotations

import importlib
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from documents import ROOT, blocks
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from verism.backbone.weights import Weights
from verism.checkpoint import canvas_state, read

PAGE = (ROOT / "docs" / "extending.md").read_text()
FILES = {text.partition("\n")[0].removeprefix("# "): text for text in blocks(PAGE, "python")}
COMMANDS = blocks(PAGE, "sh")
FEW = ("--data.size", "48", "--trainer.max_steps", "2")


@pytest.fixture
def extended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Path]) -> Callable[[str], Path]:
    """Run the page's command that names a part, from a folder with its files."""
    for file, text in FILES.items():
        Path(file).write_text(text)
    monkeypatch.syspath_prepend(str(Path.cwd()))
    importlib.invalidate_caches()
    for file in FILES:
        monkeypatch.delitem(sys.modules, file.removesuffix(".py"), raising=False)

    def fit(part: str) -> Path:
        (command,) = (command for command in COMMANDS if part in command)
        assert command.startswith("PYTHONPATH=. verism fit ")
        return run(*shlex.split(command)[3:], *FEW)

    return fit


def test_a_loss(tiny_weights: Weights, extended: Callable[[str], Path]) -> None:
    events = EventAccumulator(str(extended("total_variation.TotalVariation")))
    events.Reload()
    values = {kind: [it.value for it in events.Scalars(f"{kind}/grain")] for kind in ("loss", "weighted")}
    assert values["loss"][0] > 0
    assert values["weighted"] == pytest.approx([0.5 * value for value in values["loss"]])
    module = importlib.import_module("total_variation")
    assert float(module.TotalVariation().statistic("input", torch.ones(1, 3, 8, 9))) == 0.0
    stripes = (torch.arange(9.0) % 2).expand(1, 3, 8, 9)
    assert float(module.TotalVariation().statistic("input", stripes)) == 1.0


def test_a_canvas(tiny_weights: Weights, extended: Callable[[str], Path]) -> None:
    folder = extended("fourier.Fourier")
    state = canvas_state(read(folder / "checkpoints" / "last.ckpt"))
    assert set(state) == {"real", "imaginary", "photo"}
    canvas = importlib.import_module("fourier").Fourier()
    canvas.resume(state)
    image = canvas()
    assert image.shape == (1, 3, 48, 64)
    assert not torch.allclose(image, canvas.photo)
    canvas.resize(torch.nn.functional.interpolate(canvas.photo, (24, 32), mode="area"))
    assert canvas().shape == (1, 3, 24, 32)
    canvas.start(image.detach(), image.detach())
    assert torch.equal(canvas(), image)


def test_a_callback(tiny_weights: Weights, extended: Callable[[str], Path]) -> None:
    extended("diary.Diary")
    lines = Path("diary.txt").read_text().splitlines()
    assert [line.split("=")[0] for line in lines] == ["1 content", "2 content"]
    assert all(" style=" in line for line in lines)


def test_every_file_has_a_command_and_every_command_a_test() -> None:
    assert len(FILES) == len(COMMANDS) == 3
