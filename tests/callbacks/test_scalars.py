"""The numbers in the event file."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Trainer
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from verism import images
from verism.backbone.normalization import Normalization
from verism.losses.style import DEFAULT_LAYERS
from verism.metrics import NAMES

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
    start = Normalization()(images.read(tmp_path / "content.png"))
    assert values(accumulator, "optimizer/gradient_norm")[0] == pytest.approx(float((moved - start).norm()), rel=1e-4)


def test_a_term_left_out_is_not_logged(events: Callable[..., EventAccumulator]) -> None:
    accumulator = events("--trainer.max_steps", "1")
    assert not any("color" in tag for tag in accumulator.Tags()["scalars"])


def test_the_progress_bar_shows_the_total(
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
    accumulator = events("--trainer.max_steps", "2", "--trainer.log_every_n_steps", "1")
    assert shown[0]["loss"] == pytest.approx(values(accumulator, "loss/total")[1])
