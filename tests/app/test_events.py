"""What is said on the page when something fails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from verism import VerismError
from verism.app.session import Session
from verism.app.watch import StoppedError

gradio = pytest.importorskip("gradio", reason="needs the extra app: pip install '.[app]'")

from verism.app import events  # noqa: E402  # It needs Gradio.


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the page says at its corner."""
    messages: list[str] = []
    for kind in ("Info", "Warning"):
        monkeypatch.setattr(gradio, kind, lambda message, **_: messages.append(message))
    return messages


def stopped(session: Session) -> None:
    """Work that the user stops."""
    raise StoppedError


def test_a_message_is_not_repeated_by_what_follows_of_itself(told: list[str]) -> None:
    """But if the user does the same again, they are told again."""

    def fails(session: Session, what: str) -> None:
        raise VerismError(f"{what}.")

    session, first, then = Session(), events.guarded(fails), events.guarded(fails, is_chained=True)
    first(session, "One")
    then(session, "One")
    then(session, "Another")
    assert told == ["One.", "Another."]
    first(session, "One")
    assert told == ["One.", "Another.", "One."]


@pytest.mark.parametrize("for_other", [False, True])
def test_what_is_stopped_is_said_unless_other_work_takes_its_place(told: list[str], for_other: bool) -> None:
    session = Session()
    session.turns.stop(for_other=for_other)
    events.guarded(stopped)(session)
    assert told == ([] if for_other else ["Stopped."])


@pytest.mark.slow
def test_the_picture_that_stays_is_said_to_be_a_preview(
    told: list[str], fit: Callable[..., None], photos: list[Path]
) -> None:
    session = Session()
    fit(session, photos[0], photos[1])
    events.guarded(stopped)(session)
    assert told == [
        "Stopped. The picture is still mine.png in the look of theirs.png: a preview, method Region by region."
    ]
