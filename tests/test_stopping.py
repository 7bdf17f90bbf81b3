"""Long computations that somebody else may end."""

from __future__ import annotations

import pytest

from verism.stopping import may_stop, stopped_by


def test_a_computation_is_ended_within_the_context_alone() -> None:
    may_stop()
    with stopped_by(_end), pytest.raises(TimeoutError):
        may_stop()
    may_stop()


def test_the_innermost_decides() -> None:
    with stopped_by(_end):
        with stopped_by(lambda: None):
            may_stop()
        with pytest.raises(TimeoutError):
            may_stop()


def _end() -> None:
    raise TimeoutError
