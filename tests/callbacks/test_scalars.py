"""The numbers in the event file."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch
from lightning.pytorch import Trainer
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor

from verism import images
from verism.backbone.normalization import InputNormalization
from verism.callbacks.scalars import is_due, is_looked_at
from verism.losses.style import DEFAULT_LAYERS
from verism.metrics import NAMES
from verism.module import StyleTransfer

OPTIONS = ("--model.color.weight", "3", "--trainer.precision", "32-true")

METRICS = {f"metrics/{name}" for name in NAMES}

TAGS = {
    "loss/total",
    "optimizer/gradient_norm",
    "speed/steps_per_second",
    *(f"{kind}/{term}" for kind in ("loss", "weighted") for term in ("content", "style", "color")),
    *(f"{kind}/style/{layer}" for kind in ("terms", "weighted_terms") for layer in DEFAULT_LAYERS),
    *(f"{kind}/content/conv5_4" for kind in ("terms", "weighted_terms")),
    *(f"{kind}/color/input" for kind in ("terms", "weighted_terms")),
}


def values(accumulator: EventAccumulator, tag: str) -> dict[int, float]:
    return {event.step: event.value for event in accumulator.Scalars(tag)}


def test_every_tag_has_a_point_a_step(events: Callable[..., EventAccumulator]) -> None:
    accumulator = events("--trainer.max_steps", "5", "--trainer.log_every_n_steps", "1", *OPTIONS)
    assert set(accumulator.Tags()["scalars"]) == TAGS | METRICS
    for tag in TAGS:
        assert list(values(accumulator, tag)) == [0, 1, 2, 3, 4], tag


def test_log_every_n_steps_and_the_last(events: Callable[..., EventAccumulator]) -> None:
    accumulator = events("--trainer.max_steps", "8", "--trainer.log_every_n_steps", "3", *OPTIONS)
    assert list(values(accumulator, "loss/total")) == [0, 3, 6, 7]


def test_logs_nothing_if_asked_to(events: Callable[..., EventAccumulator]) -> None:
    accumulator = events("--trainer.max_steps", "2", "--trainer.log_every_n_steps", "0", *OPTIONS)
    assert set(accumulator.Tags()["scalars"]) == METRICS


def test_the_numbers_add_up(events: Callable[..., EventAccumulator]) -> None:
    accumulator = events("--trainer.max_steps", "3", "--trainer.log_every_n_steps", "1", *OPTIONS)
    for step in range(3):
        at = {tag: values(accumulator, tag)[step] for tag in TAGS}
        style = sum(weight * at[f"terms/style/{layer}"] for layer, weight in DEFAULT_LAYERS.items())
        assert at["loss/style"] == pytest.approx(style, rel=1e-5)
        assert at["weighted/style"] == pytest.approx(1e6 * style, rel=1e-5)
        assert at["weighted/content"] == pytest.approx(1e3 * at["loss/content"], rel=1e-5)
        assert at["weighted/color"] == pytest.approx(3 * at["loss/color"], rel=1e-5)
        assert at["loss/total"] == pytest.approx(
            sum(at[f"weighted/{term}"] for term in ("content", "style", "color")), rel=1e-5
        )
        for layer, weight in DEFAULT_LAYERS.items():
            assert at[f"weighted_terms/style/{layer}"] == pytest.approx(
                1e6 * weight * at[f"terms/style/{layer}"], rel=1e-5
            )
        assert at["speed/steps_per_second"] > 0
    assert values(accumulator, "loss/content")[0] == pytest.approx(0, abs=1e-6)
    assert values(accumulator, "loss/total")[2] < values(accumulator, "loss/total")[0]


def test_gradient_norm(events: Callable[..., EventAccumulator], tmp_path: Path) -> None:
    """Gradient descent at a learning rate of 1 moves the canvas by the gradient."""
    options = ("--optimizer", "torch.optim.SGD", "--optimizer.lr", "1")
    accumulator = events("--trainer.max_steps", "1", *options, *OPTIONS)
    checkpoint = Path(accumulator.path, "checkpoints", "last.ckpt")
    moved = torch.load(checkpoint, weights_only=True)["state_dict"]["canvas.pixels"]
    start = InputNormalization()(images.read(tmp_path / "content.png"))
    assert values(accumulator, "optimizer/gradient_norm")[0] == pytest.approx(float((moved - start).norm()), rel=1e-4)


def test_a_term_left_out_is_not_logged(events: Callable[..., EventAccumulator]) -> None:
    accumulator = events("--trainer.max_steps", "1")
    terms = [tag for tag in accumulator.Tags()["scalars"] if not tag.startswith("metrics/")]
    assert terms
    assert not any("color" in tag for tag in terms)


def test_a_progress_bar_of_lightnings_shows_the_total(
    events: Callable[..., EventAccumulator], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[dict[str, Any]] = []
    plain = Trainer.fit

    # The command line has options for its arguments.
    @wraps(plain)
    def watched(self: Trainer, *args: Any, **kwargs: Any) -> None:
        plain(self, *args, **kwargs)
        shown.append(dict(self.progress_bar_metrics))

    monkeypatch.setattr(Trainer, "fit", watched)
    options = ("--trainer.max_steps", "2", "--trainer.log_every_n_steps", "1", "--trainer.enable_progress_bar", "true")
    events(*options)
    accumulator = events(*options, "--trainer.callbacks", "lightning.pytorch.callbacks.TQDMProgressBar")
    # verism's own bar does without, since Lightning reads it at every step.
    assert "loss" not in shown[0]
    assert shown[1]["loss"] == pytest.approx(values(accumulator, "loss/total")[1])


@pytest.mark.parametrize(
    ("every", "looked_at"), [(5, [1, 6, 11, 12]), (0, [50, 100]), (1, list(range(1, 13)))], ids=["5", "never", "1"]
)
def test_when_a_loss_on_a_gpu_is_looked_at(every: int, looked_at: list[int]) -> None:
    steps = range(1, 101 if every == 0 else 13)
    trainers = [SimpleNamespace(log_every_n_steps=every, global_step=step, max_steps=steps[-1]) for step in steps]
    far, near = torch.zeros((), device="meta"), torch.zeros(())
    assert [it.global_step for it in trainers if is_looked_at(cast("Trainer", it), far)] == looked_at
    assert all(is_looked_at(cast("Trainer", it), near) for it in trainers)


def test_no_step_asks_for_a_value_unless_it_is_logged(
    events: Callable[..., EventAccumulator], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a GPU, to ask is to wait; with pictures, histograms and the bar, and looked at as rarely as there."""
    now: list[int] = []
    asked: dict[int, set[str]] = {}

    def begin(self: StyleTransfer, batch: Any, batch_idx: int) -> None:
        now.append(self.global_step)

    monkeypatch.setattr(StyleTransfer, "on_train_batch_start", begin)

    def watch(name: str) -> None:
        plain = getattr(Tensor, name)

        def watched(self: Tensor, *args: Any) -> Any:
            caller = sys._getframe(1).f_code
            # Not those of an optimiser, whose number of the step is on the CPU.
            near = any(f"{os.sep}{package}{os.sep}" in caller.co_filename for package in ("verism", "lightning"))
            if near and now and threading.current_thread() is threading.main_thread():
                asked.setdefault(now[-1], set()).add(caller.co_name)
            return plain(self, *args)

        monkeypatch.setattr(Tensor, name, watched)

    for name in ("item", "tolist", "numpy", "__float__", "__int__", "__bool__"):
        watch(name)
    for module in ("output", "progress"):
        monkeypatch.setattr(f"verism.callbacks.{module}.is_looked_at", lambda trainer, loss: is_due(trainer))
    every = ("--snapshots.every_n_steps", "2", "--histograms.every_n_steps", "2", "--trainer.log_every_n_steps", "4")
    shown = ("--model.tile", "null", "--trainer.enable_progress_bar", "true")
    events("--trainer.max_steps", "9", *every, *shown, *OPTIONS)
    assert now == list(range(9))
    assert set(asked) == {0, 4, 8}, asked
