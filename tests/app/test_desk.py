"""The line of work: in order, one at a time, and what waits can be stopped at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from verism.app.desk import WAITING, WAITING_FOR_OTHER, Desk
from verism.app.session import Session
from verism.app.watch import StoppedError


def nobody() -> None:
    """Does not stop it."""


@pytest.mark.parametrize(("is_same", "expected"), [(True, WAITING), (False, WAITING_FOR_OTHER)])
def test_what_comes_later_waits_and_says_for_what(is_same: bool, expected: str) -> None:
    desk, session = Desk(), Session()
    other = session if is_same else Session()
    waits, done = threading.Event(), threading.Event()
    told: list[str] = []

    def say(said: str) -> None:
        told.append(said)
        waits.set()

    def later() -> None:
        with desk.place(other, say, nobody):
            done.set()

    thread = threading.Thread(target=later)
    with desk.place(session, told.append, nobody):
        thread.start()
        assert waits.wait(60)
        assert not done.is_set()
    thread.join(60)
    assert done.is_set()
    assert told == [expected]


def test_what_waits_in_one_window_is_stopped_while_another_works() -> None:
    """At once, and what comes after it has its turn."""
    desk, working, session = Desk(), Session(), Session()
    session.turns.begin("full")
    with desk.place(working, lambda said: None, nobody):

        def wait(check: Callable[[], None]) -> AbstractContextManager[None]:
            return desk.place(session, lambda said: session.turns.stop(), check)

        with pytest.raises(StoppedError), session.turns.turn("full", wait):
            pytest.fail("It was stopped.")
        assert session.turns.is_busy
        assert not session.turns.is_stopping
    session.turns.end("full")
    session.turns.begin("preview")
    with session.turns.turn("preview", lambda check: desk.place(session, lambda said: None, check)) as is_due:
        assert is_due
