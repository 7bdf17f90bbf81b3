"""Runs that end because their loss no longer falls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from verism.backbone.weights import Weights

STILL = ("--optimizer", "torch.optim.SGD", "--optimizer.lr", "0", "--trainer.precision", "32-true")
"""The image stays what it is, and so does its loss."""


def steps(events: EventAccumulator) -> int:
    return 1 + int(max(event.step for event in events.Scalars("loss/total")))


@pytest.mark.parametrize(
    ("patience", "every", "made"), [("4", "1", 5), ("4", "2", 5), ("5", "2", 7), ("1", "5", 6), ("null", "1", 9)]
)
def test_ends_so_many_steps_after_the_last_fall(
    events: Callable[..., EventAccumulator],
    caplog: pytest.LogCaptureFixture,
    patience: str,
    every: str,
    made: int,
) -> None:
    """The first step has nothing to be compared with; patience is rounded up to steps that are logged."""
    options = ("--model.patience", patience, "--trainer.log_every_n_steps", every, "--trainer.max_steps", "9")
    found = events(*STILL, *options)
    assert steps(found) == made
    said = f"The loss has not fallen by 1% in {patience} steps: the run ends after step {made}."
    assert (said in caplog.text) == (patience != "null")
    assert Path(found.path, "result.png").is_file()


def test_a_loss_that_falls_goes_on(events: Callable[..., EventAccumulator]) -> None:
    options = ("--model.patience", "1", "--trainer.log_every_n_steps", "1", "--trainer.max_steps", "6")
    assert steps(events(*options, "--optimizer.lr", "0.03", "--trainer.precision", "32-true")) == 6


def test_every_scale_has_its_steps(events: Callable[..., EventAccumulator]) -> None:
    options = ("--model.patience", "2", "--trainer.log_every_n_steps", "1", "--trainer.max_steps", "12")
    found = events(*STILL, *options, "--data.size", "40", "--model.scales", "[32, 40]")
    assert steps(found) == 6 + 3


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--model.patience", "0"), "--model.patience 0: must be at least 1 step, or null."),
        (
            ("--model.patience", "3", "--trainer.log_every_n_steps", "0"),
            "--model.patience needs logged steps: set --trainer.log_every_n_steps above 0.",
        ),
    ],
)
def test_what_cannot_be(
    run: Callable[..., Path],
    tiny_weights: Weights,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, ...],
    said: str,
) -> None:
    with pytest.raises(SystemExit):
        run(*options, "--trainer.max_steps", "2")
    assert capsys.readouterr().err.strip().endswith(f"verism: {said}")
