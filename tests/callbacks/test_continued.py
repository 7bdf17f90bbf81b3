"""The same command, typed again, goes on from the latest state."""

from __future__ import annotations

from pathlib import Path

import pytest

from verism.callbacks import continued, unfinished


@pytest.fixture
def states(tmp_path: Path) -> list[str]:
    """Checkpoints of three runs."""
    found = [tmp_path / name / "last.ckpt" for name in "abc"]
    for state in found:
        state.parent.mkdir()
        state.touch()
    return list(map(str, found))


def test_the_latest_state_is_found_from_each_before_it(states: list[str]) -> None:
    first, second, third = states
    assert continued.latest(first, "x.jpg") == first
    continued.record(first, "x.jpg", second)
    continued.record(second, "x.jpg", third)
    assert [continued.latest(state, "x.jpg") for state in states] == [third] * 3
    # Other work from the same checkpoint begins where it says.
    assert continued.latest(first, "y.jpg") == first
    continued.record(first, "y.jpg", third)
    assert continued.read(first) == {"x.jpg": second, "y.jpg": third}


def test_what_is_gone_leads_nowhere_and_no_circle_is_walked(states: list[str]) -> None:
    first, second, third = states
    for state, later in ((first, second), (second, third), (third, first)):
        continued.record(state, "x.jpg", later)
    assert continued.latest(first, "x.jpg") == third
    Path(third).unlink()
    assert continued.latest(first, "x.jpg") == second
    Path(first).with_name(continued.NAME).write_text("no record")
    assert continued.latest(first, "x.jpg") == first


def test_nothing_is_recorded_of_runs_without_a_name_or_at_a_url(states: list[str], tmp_path: Path) -> None:
    first, second, _ = states
    continued.record(first, continued.asked(None, None), second)
    continued.record(first, "x.jpg", "memory://runs/last.ckpt")
    continued.record("memory://runs/last.ckpt", "x.jpg", second)
    assert not list(tmp_path.rglob(continued.NAME))
    assert continued.latest("memory://runs/last.ckpt", "x.jpg") == "memory://runs/last.ckpt"


def test_the_picture_says_what_is_asked_for_and_else_the_command() -> None:
    assert continued.asked(["fit", "--data.size", "4"], Path("/x.jpg")) == "/x.jpg"
    assert continued.asked(["fit", "--a", "1 2"], None) == "fit --a '1 2'"


def test_what_was_left_unfinished_on_the_way(states: list[str], tmp_path: Path) -> None:
    first, second, third = states
    picture, page = tmp_path / "x.jpg", tmp_path / "x.html"
    picture.write_text("after three steps")
    page.write_text("after three steps")
    unfinished.record(first, [picture, page])
    assert unfinished.left(first) == {picture, page}
    picture.write_text("after six")
    assert unfinished.left(first) == {page}
    continued.record(first, "x.jpg", second)
    continued.record(second, "x.jpg", third)
    unfinished.record(third, [picture])
    assert unfinished.left(first) == {picture, page}
