"""What can be wrong with a period."""

from __future__ import annotations

import pytest

from verism.callbacks import Histograms, Metrics, Snapshots
from verism.errors import VerismError


@pytest.mark.parametrize("callback", [Snapshots, Histograms, Metrics])
def test_less_than_every_step_is_refused(callback: type[Snapshots | Histograms | Metrics]) -> None:
    with pytest.raises(VerismError, match="every_n_steps 0: must be at least 1"):
        callback(every_n_steps=0)
