"""The last words of a run."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from verism.backbone.weights import Weights

FIGURES = (
    *(r"  drift +ΔE \d+\.\d   .+", r"  detail lost +\d+\.\d%   .+", r"  newly clipped +\d+\.\d%   .+"),
    *(r"  structure +[01]\.\d{3}   .+", r"  colour distance +\d\.\d\d   .+", r"  style distance +\d\.\d\d   .+"),
)


def test_where_it_is_how_good_it_is_and_how_to_look_back(
    tiny_weights: Weights, run: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        folder = run("--trainer.max_steps", "3")
    place = caplog.messages.index(f"Result: {folder.resolve()}/result.png")
    heading, *figures = caplog.messages[place + 1 : place + 8]
    assert heading == "Figures:"
    assert all(re.fullmatch(*pair) for pair in zip(FIGURES, figures, strict=True))
    assert f"Page: {folder.resolve()}/result.html" in caplog.messages[place + 8 :]
    assert re.search(r"3 steps in \d+ s\.", caplog.text)
    (command,) = re.findall(r"tensorboard --logdir (\S+) --host localhost", caplog.text)
    assert Path(command).resolve() == folder.parent.resolve()


def test_a_fault_of_the_result_is_said(
    tiny_weights: Weights, run: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    """An image of noise has none of the photo's colours, and many of its own."""
    plain = ("--trainer.max_steps", "1", "--optimizer.lr", "1e-6")
    with caplog.at_level("INFO"):
        run(*plain)
        assert "Drift" not in caplog.text
        assert "Detail" not in caplog.text
        run(*plain, "--model.canvas.init", "noise")
    assert re.search(r"Detail blown up \d+\.\d%: contrast .*; a lower --output\.strength is milder\.", caplog.text)


def test_the_figures_are_of_the_picture_that_is_written(
    tiny_weights: Weights, run: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    """At strength 0, it is the photo itself; what is logged is the whole look."""
    noise = ("--trainer.max_steps", "1", "--optimizer.lr", "1e-6", "--model.canvas.init", "noise")
    with caplog.at_level("INFO"):
        folder = run(*noise, "--output.strength", "0")
    assert any(re.match(r"  structure +1\.000 ", line) for line in caplog.messages)
    assert "Detail blown up" not in caplog.text
    logged = EventAccumulator(str(folder))
    logged.Reload()
    assert logged.Scalars("metrics/structure")[-1].value < 0.5
    said = html.unescape((folder / "result.html").read_text())
    assert "Shapes and edges: 100.0% as in your photo." in said


def test_a_resumed_run_counts_its_own_steps(
    tiny_weights: Weights, run: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    first = run("--trainer.max_steps", "2")
    with caplog.at_level("INFO"):
        run("--trainer.max_steps", "5", "--ckpt_path", str(first / "checkpoints" / "last.ckpt"))
    assert "3 steps in " in caplog.text


def test_without_tensorboard_there_is_nothing_to_look_back_on(
    tiny_weights: Weights, run: Callable[..., Path], caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    (tmp_path / "work" / "lightning_logs" / "none").mkdir(parents=True)  # The fixture returns the latest.
    with caplog.at_level("INFO"):
        run("--trainer.max_steps", "2", "--trainer.logger", "false", "--output.path", "result.png")
    assert "2 steps in " in caplog.text
    assert "To look back" not in caplog.text
    assert "structure" not in caplog.text
