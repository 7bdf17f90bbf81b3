"""What is told of a run, and how often."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import cast

import pytest
from lightning.pytorch import LightningModule, Trainer

from verism.app import watch
from verism.app.watch import EVERY_S, Watch


@pytest.mark.parametrize(
    ("seconds", "reported"),
    [
        (EVERY_S / 4, ["step 1", "step 5", "step 9", "step 10"]),
        (EVERY_S, [f"step {number}" for number in range(1, 11)]),
    ],
    ids=["fast steps", "slow steps"],
)
def test_steps_are_told_no_more_often_than_a_page_can_show(
    seconds: float, reported: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last is told in any case, and what follows."""
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
    assert (first, last) == ("Fitting the look", "Making the picture")
    assert [said.partition(" of 10")[0] for said in steps] == reported
    # The time left is that of the steps.
    assert all(said.endswith("; then the picture is made") for said in steps)
    assert [said for said in steps if " s left" not in said] == ["step 10 of 10; then the picture is made"]
