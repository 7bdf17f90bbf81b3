"""What waits, and what of it is stopped or no longer due."""

from __future__ import annotations

import pytest

from verism.app.turns import DROP, Turns
from verism.app.watch import StoppedError


def test_of_photos_that_are_dropped_while_others_wait_only_the_last_have_a_turn() -> None:
    page = Turns()
    for _ in range(2):
        page.stop(for_other=True)
        page.begin(DROP)
    for is_last in (False, True):
        with page.turn(DROP) as is_due:
            assert is_due == is_last
        page.end(DROP)


def test_photos_have_a_turn_also_after_others_that_never_came_to_theirs() -> None:
    """As when the page has lost an event; it would make no picture any more."""
    page = Turns()
    page.stop(for_other=True)
    page.ask()
    page.begin(DROP)
    page.end(DROP)
    page.stop(for_other=True)
    page.begin(DROP)
    with page.turn(DROP) as is_due:
        assert is_due
    page.end(DROP)


def test_what_waits_is_stopped_and_what_is_asked_for_later_is_not() -> None:
    page = Turns()
    page.begin("full")
    with page.turn("full") as is_due:
        assert is_due
        page.begin("folder")
        page.stop()
        assert page.stopping.is_set()
        page.begin("preview")
    with pytest.raises(StoppedError), page.turn("folder"):
        pytest.fail("It was stopped.")
    page.end("full")
    page.end("folder")
    with page.turn("preview") as is_due:
        assert is_due
        assert not page.stopping.is_set()
        assert not page.is_stopping


def test_what_is_stopped_before_it_has_come_to_its_turn_is_not_done() -> None:
    page = Turns()
    page.begin("full")
    page.stop()
    page.begin("preview")
    with pytest.raises(StoppedError), page.turn("full"):
        pytest.fail("It was stopped.")
    with page.turn("preview") as is_due:
        assert is_due


def test_a_stop_is_for_what_was_asked_before() -> None:
    """Not for what is asked next, also where what was done had not been begun, for want of a photo."""
    page = Turns()
    with page.turn("preview"):
        page.stop()
    page.begin("preview")
    with page.turn("preview") as is_due:
        assert is_due
        assert not page.is_stopping
