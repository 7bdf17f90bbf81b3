"""Lines about the progress, where there is no bar."""

from __future__ import annotations

import pytest

from verism.lines import Lines, duration


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.2, "1 s"), (40, "40 s"), (59.5, "1 min"), (61, "2 min"), (3600, "1 h"), (7800, "2 h 10 min")],
)
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("whole", "every"),
    [(2, None), (15, 3), (30, 3), (300, 30), (7200, 60)],
    ids=["none", "three seconds", "a tenth, as three seconds", "a tenth", "a minute"],
)
def test_a_line_is_due_every_tenth_from_three_seconds_to_a_minute(
    whole: int, every: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [100.0]
    monkeypatch.setattr("verism.lines.time.monotonic", lambda: clock[0])
    lines, written = Lines(), []
    for second in range(1, whole + 1):
        clock[0] += 1
        if lines.due(whole - second):
            written.append(second)
    assert written == ([] if every is None else list(range(every, whole + 1, every)))


def test_work_of_unknown_length(monkeypatch: pytest.MonkeyPatch) -> None:
    """Is told ever more seldom, as it turns out to be long."""
    clock = [0.0]
    monkeypatch.setattr("verism.lines.time.monotonic", lambda: clock[0])
    lines, written = Lines(), []
    for second in range(1, 3600):
        clock[0] += 1
        if lines.due(None):
            written.append(second)
    assert written[:3] == [3, 6, 9]
    assert written[-1] - written[-2] == 60
