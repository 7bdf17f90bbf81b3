"""What the page shows while there is work, and of work that is stopped or replaced."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from pathlib import Path

import pytest

from verism.app.desk import Desk
from verism.app.session import Session
from verism.app.turns import DROP
from verism.app.watch import StoppedError

gradio = pytest.importorskip("gradio", reason="needs the extra app: pip install '.[app]'")

from verism.app import regions_tab, work  # noqa: E402  # It needs Gradio.
from verism.app.events import LOST_FULL, guarded  # noqa: E402


def test_stop_is_there_while_something_runs() -> None:
    session = Session()
    state = work.begin("preview", session, "mine.png", None)
    assert not state.stop.interactive
    assert not state.picture["visible"]
    state = work.begin("preview", session, "mine.png", ["theirs.png"])
    assert state.stop.interactive
    assert not state.stop_folder.visible
    assert not state.stop_folder.interactive
    assert state.picture["visible"]
    assert not state.blending["visible"]
    assert not state.below["visible"]
    assert state.said == work.FIRST
    assert state.corrected == ""
    # A second click does nothing, but photos that are dropped are another run.
    work.begin("preview", session)
    work.begin(DROP, session)
    work.begin(DROP, session)
    for kind in ("preview", DROP):
        assert work.end(kind, session).stop.interactive
    state = work.end(DROP, session)
    assert not state.stop.interactive
    assert not state.picture["visible"]
    work.end(DROP, session)
    assert not session.turns.is_busy


def test_a_photo_that_is_taken_away_does_not_end_the_preview_of_the_next() -> None:
    """Both are drops, and the first, for want of a photo, has nothing to do."""
    session = Session()
    assert not work.begin(DROP, session, None, ["theirs.png"]).stop.interactive
    work.begin(DROP, session, "other.png", ["theirs.png"])
    state = work.end(DROP, session)
    assert state.stop.interactive
    assert state.said == work.FIRST
    assert not work.end(DROP, session).stop.interactive


@pytest.mark.parametrize("kind", ["preview", "folder"])
def test_stop_gives_a_sign_until_what_runs_has_ended(kind: str) -> None:
    session = Session()
    session.said = "This is a preview."
    work.begin(kind, session)
    state = work.stop_all(session)
    assert not state.stop.interactive
    assert not state.stop_folder.interactive
    assert state.stop.value == "Stopping…"
    assert state.stop_folder.value == ("Stopping…" if kind == "folder" else "Stop")
    assert state.stop_folder.visible == (kind == "folder")
    assert state.said == work.STOPPING
    state = work.end(kind, session)
    assert state.stop.value == "Stop"
    assert state.said == "This is a preview."
    # There is nothing to be stopped any more.
    state = work.stop_all(session)
    assert state.stop.value == "Stop"
    assert state.said == "This is a preview."


@pytest.mark.parametrize("kind", ["full", "folder"])
def test_nothing_can_be_asked_for_while_what_runs_is_stopping(kind: str) -> None:
    """The same work would not begin: it has not ended yet."""
    session = Session()
    session.given = "mine.png", ("theirs.png",)

    def can_begin(state: work.State) -> list[bool]:
        first = state.preview, state.full, state.weights
        return [it.interactive for it in (*first, state.again, state.use, state.go, state.pack)]

    assert all(can_begin(work.begin(kind, session)))
    assert not any(can_begin(work.stop_all(session)))
    # Also with other photos, which then wait.
    assert not work.can_ask(session)
    assert all(can_begin(work.end(kind, session)))
    session.given = None, ("theirs.png",)
    assert not work.state_of(session).preview.interactive
    assert not work.can_ask(session)


def test_what_is_stopped_for_other_work_is_not_said_to_be_stopping() -> None:
    session = Session()
    work.begin(DROP, session, "mine.png", ["theirs.png"])
    session.turns.stop(for_other=True)
    state = work.begin(DROP, session, "mine.png", ["other.png"])
    assert state.stop.interactive
    assert state.said == work.FIRST


def test_a_folder_can_be_stopped_beside_it_and_beside_the_photos() -> None:
    session = Session()
    for kind in ("folder", "full"):
        state = work.begin(kind, session)
        for stop in (state.stop, state.stop_folder):
            assert stop.interactive
            assert stop.variant == "stop"
        assert state.stop_folder.visible
    state = work.end("folder", session)
    assert state.stop.interactive
    assert not state.stop_folder.interactive
    assert not state.stop_folder.visible


@pytest.mark.slow
def test_what_is_said_is_of_the_picture_that_is_shown(fit: Callable[..., None], photos: list[Path]) -> None:
    """And whether corrections are in it."""
    session = Session()
    fit(session, photos[0], photos[1])
    session.said = "This is a preview."
    state = work.state_of(session)
    assert (state.said, state.corrected) == ("This is a preview.", "")
    session.chosen = session.divided.labels[:1]
    session.leave_out()
    state = work.state_of(session)
    assert (state.said, state.corrected) == ("This is a preview.", regions_tab.NOT_YET)
    # Other photos that are graded leave the picture as it is.
    state = work.begin("folder", session)
    assert (state.said, state.corrected) == ("This is a preview.", regions_tab.NOT_YET)
    # With other photos, they will be forgotten.
    state = work.begin(DROP, session, "mine.png", ["theirs.png"])
    assert state.corrected == ""
    # What is said of these photos is hidden, as the picture of them is dimmed.
    assert "changing" in state.warned
    assert "changing" not in work.end(DROP, session).warned
    state = work.begin("regions", session)
    assert (state.said, state.corrected) == (work.NEXT, regions_tab.BEING_WORKED_IN)
    fit(session, photos[0], photos[1])
    state = work.end("regions", session)
    assert (state.said, state.corrected) == ("This is a preview.", "")


def test_what_is_no_longer_due_is_not_done() -> None:
    done: list[str] = []
    do = work.in_turn(Desk(), DROP, lambda session, photo: done.append(photo))
    session = Session()
    for photo in ("mine.png", "other.png"):
        session.turns.stop(for_other=True)
        work.begin(DROP, session, photo)
    assert do(session, "mine.png") == gradio.skip()
    do(session, "other.png")
    assert done == ["other.png"]


@pytest.mark.slow
def test_what_was_stopped_is_said_beside_the_picture_that_stays(fit: Callable[..., None], photos: list[Path]) -> None:
    def stopped(session: Session) -> None:
        raise StoppedError

    session = Session()
    for kind, said in (("full", work.HALTED_FIRST), ("full", f"{work.HALTED}\n\nA preview."), ("folder", "A preview.")):
        work.begin(kind, session)
        with pytest.raises(StoppedError):
            work.in_turn(Desk(), kind, stopped)(session)
        assert work.end(kind, session).said == said
        fit(session, photos[0], photos[1])
        session.said = "A preview."
    # Nor of what other photos have taken the place of.
    session.turns.stop(for_other=True)
    work.begin(DROP, session)
    with pytest.raises(StoppedError):
        work.in_turn(Desk(), DROP, stopped)(session)
    assert work.end(DROP, session).said == "A preview."


@pytest.mark.slow
def test_after_a_stop_one_knows_of_which_photo_the_picture_is(fit: Callable[..., None], photos: list[Path]) -> None:
    """What is said of a preview would be taken for what Final quality makes, which is of another photo."""
    session = Session()
    fit(session, photos[0], photos[1])
    session.said = "This is a preview."
    session.given = str(photos[2]), (str(photos[1]),)
    above = "Above is mine.png in the look of theirs.png: a preview, method Region by region. Preview and Final quality"
    assert work.state_of(session).said.startswith(above)
    session.turns.is_halted = True
    assert work.state_of(session).said.startswith(f"Stopped. {above}")
    session.given = str(photos[0]), (str(photos[1]),)
    assert work.state_of(session).said == f"{work.HALTED}\n\nThis is a preview."


@pytest.mark.slow
def test_what_is_made_of_other_photos_is_said(fit: Callable[..., None], photos: list[Path]) -> None:
    session = Session()
    fit(session, photos[0], photos[1])
    session.photo = Path("other_1.png")
    assert work.begin(DROP, session).said == f"A preview of other\\_1.png is being made. {work.NEXT}"


def test_a_final_run_that_other_photos_take_the_place_of_is_said_to_be_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[str] = []
    monkeypatch.setattr(gradio, "Info", lambda message, **_: told.append(message))

    def stopped(session: Session) -> None:
        session.turns.stop(for_other=True)
        raise StoppedError

    session = Session()
    for kind in ("full", "preview"):
        work.begin(kind, session)
        guarded(work.in_turn(Desk(), kind, stopped))(session)
        work.end(kind, session)
    assert told == [LOST_FULL]


@pytest.mark.slow
@pytest.mark.usefixtures("no_collection")
def test_of_the_pictures_before_no_run_is_kept(fit: Callable[..., None], photos: list[Path]) -> None:
    session = Session()
    preview = work.in_turn(Desk(), "preview", lambda session: fit(session, photos[0], photos[1]))
    preview(session)
    model = weakref.ref(session.fitted.run.model)
    preview(session)
    assert model() is None
