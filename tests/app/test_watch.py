"""What is told of a run, and how often."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import cast

import pytest
from lightning.pytorch import LightningModule, Trainer

from verism.app import watch
from verism.app.watch import WORKING, Watch


@pytest.mark.parametrize(
    ("seconds", "left"),
    [(0.75 / 4, [2, 1, 1]), (0.75, [7, 6, 6, 5, 4, 3, 3, 2, 1])],
    ids=["fast steps", "slow steps"],
)
def test_steps_are_told_no_more_often_than_a_page_can_show(
    seconds: float, left: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And in a photographer's words: the time left, and what follows."""
    monkeypatch.setattr(watch, "EVERY_S", 0.75)
    now, told = [1000.0], []
    monkeypatch.setattr(watch, "time", SimpleNamespace(monotonic=lambda: now[0]))
    observer = Watch(lambda _, said: told.append(said), threading.Event())
    trainer, model = SimpleNamespace(global_step=0, max_steps=10), LightningModule()
    observer.on_train_start(cast("Trainer", trainer), model)
    for _ in range(10):
        now[0] += seconds
        trainer.global_step += 1
        observer.on_train_batch_end(cast("Trainer", trainer), model, {}, None, 0)
    first, *steps, last = told
    assert (first, last) == (WORKING, "Making the picture")
    # The time left is that of the steps.
    assert steps == [f"{WORKING}, {it} s left; then the picture is made" for it in left]
