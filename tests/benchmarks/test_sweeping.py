"""The benchmark of sweeps, with two runs."""

from __future__ import annotations

import pytest
from sweeping import of_tiny_runs


@pytest.mark.slow
def test_every_cell_is_a_time() -> None:
    lines = [line.strip("| ").split(" | ") for line in of_tiny_runs(2, 2, 32)]
    assert lines[0] == ["runs", "s in all", "s/run in its worker", "of which steps"]
    runs, seconds, each, steps = lines[2]
    assert runs == "2"
    assert 0 < float(steps) < float(each.split()[0]) < float(seconds)
    planned, alone = lines[6]
    assert float(planned) > 0
    assert float(alone.split()[0]) > 0
