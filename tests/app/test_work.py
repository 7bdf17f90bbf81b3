"""What the page shows while there is work, and of work that is stopped or replaced."""

from __future__ import annotations

import pytest

from verism.app.desk import Desk
from verism.app.session import DROP, Session

gradio = pytest.importorskip("gradio", reason="needs the extra app: pip install '.[app]'")

from verism.app import work  # noqa: E402  # It needs Gradio.


def test_stop_is_there_while_something_runs() -> None:
    session = Session()
    stop, _, picture, *_ = work.begin("preview", session, "mine.png", None)
    assert not stop.interactive
    assert not picture["visible"]
    stop, _, picture, *below, _ = work.begin("preview", session, "mine.png", ["theirs.png"])
    assert stop.interactive
    assert picture["visible"]
    assert not any(it["visible"] for it in below)
    # A second click does nothing, but photos that are dropped are another run.
    work.begin("preview", session)
    work.begin(DROP, session)
    work.begin(DROP, session)
    for kind in ("preview", DROP):
        stop, *_ = work.end(kind, session)
        assert stop.interactive
    stop, _, picture, *_ = work.end(DROP, session)
    assert not stop.interactive
    assert not picture["visible"]
    work.end(DROP, session)
    assert not session.is_busy


@pytest.mark.parametrize("kind", ["preview", "folder"])
def test_stop_gives_a_sign_until_what_runs_has_ended(kind: str) -> None:
    session = Session()
    session.said = "This is a preview."
    work.begin(kind, session)
    stop, beside, *_, said = work.stop_all(session)
    assert not stop.interactive
    assert stop.value == beside.value == "Stopping…"
    assert said == work.STOPPING
    stop, *_, said = work.end(kind, session)
    assert stop.value == "Stop"
    assert said == "This is a preview."
    # There is nothing to be stopped any more.
    stop, *_, said = work.stop_all(session)
    assert stop.value == "Stop"
    assert said == "This is a preview."


def test_what_is_stopped_for_other_work_is_not_said_to_be_stopping() -> None:
    session = Session()
    work.begin(DROP, session, "mine.png", ["theirs.png"])
    session.stop(for_other=True)
    stop, *_, said = work.begin(DROP, session, "mine.png", ["other.png"])
    assert stop.interactive
    assert said == work.EMPTY


def test_what_is_no_longer_due_is_not_done() -> None:
    done: list[str] = []
    do = work.in_turn(Desk(), DROP, lambda session, photo: done.append(photo))
    session = Session()
    session.stop(for_other=True)
    session.stop(for_other=True)
    assert do(session, "mine.png") == gradio.skip()
    do(session, "other.png")
    assert done == ["other.png"]
