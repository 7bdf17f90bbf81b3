"""One short run of the command line, and its event file read back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from verism.backbone.weights import Weights

UNLIMITED = {"scalars": 0, "images": 0, "histograms": 0}


@pytest.fixture
def events(tiny_weights: Weights, run: Callable[..., Path]) -> Callable[..., EventAccumulator]:
    """Run with the given options, and read everything that it logged."""

    def read(*options: str) -> EventAccumulator:
        accumulator = EventAccumulator(str(run(*options)), size_guidance=UNLIMITED)
        accumulator.Reload()
        return accumulator

    return read
