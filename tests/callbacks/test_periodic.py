"""What can be wrong with a period."""

from __future__ import annotations

import pytest
from lightning.pytorch import Trainer

from verism.callbacks import Histograms, Metrics, Snapshots
from verism.errors import VerismError


@pytest.mark.parametrize("callback", [Snapshots, Histograms, Metrics])
def test_less_than_every_step_is_refused(callback: type[Snapshots | Histograms | Metrics]) -> None:
    with pytest.raises(VerismError, match="every_n_steps 0: must be at least 1"):
        callback(every_n_steps=0)


@pytest.mark.parametrize(("steps", "period"), [(15, 5), (100, 5), (101, 50), (1000, 50), (-1, 50)])
def test_looks_more_closely_at_short_runs(steps: int, period: int) -> None:
    """A run without an end in steps, which is -1 to Lightning, may be long."""
    trainer = Trainer(max_steps=steps, accelerator="cpu", logger=False, enable_checkpointing=False)
    assert Snapshots()._period(trainer) == period
    assert Snapshots(7)._period(trainer) == 7
