"""What the functions of the page return and say, without the page; test_in_browser.py has that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import shoot, synthetic_photo

from verism import VerismError
from verism.app.desk import Desk
from verism.app.session import DROP, NO_PHOTO, Session
from verism.app.watch import StoppedError
from verism.backbone.weights import Weights

gradio = pytest.importorskip("gradio", reason="needs the extra app: pip install '.[app]'")

from verism.app import page  # noqa: E402  # It needs Gradio.

SMALL: dict[str, Any] = {"data.size": 40, "trainer.accelerator": "cpu", "trainer.max_steps": 1}


def fit(session: Session, photo: Path, style: Path, config: str = "photoreal") -> None:
    session.fit(photo, [style], config, lambda share, said: None, preview=True, **SMALL)


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{name}.png" for name in ("mine", "theirs", "other")]
    for seed, path in enumerate(paths, start=1):
        shoot(path, synthetic_photo(40 + 8 * seed, 72, seed))
    return paths


@pytest.mark.slow
def test_the_easel_has_the_photo_that_is_shown(tiny_weights: Weights, photos: list[Path]) -> None:
    """From when it is asked for, and not again for the same, so that what is painted stays."""
    session = Session()
    fit(session, photos[0], photos[1])
    assert not page._easel(session)[1].visible
    editor, use = page._begin_painting(session)
    assert editor.visible
    assert use.visible
    assert editor.value["background"] is not None
    regions = session.regions
    assert regions is not None
    shares = regions.content.float().mean(dim=(0, 2, 3))
    assert shares[regions.labels.index(editor.brush.default_color)] == shares.max()
    assert page._easel(session) == (gradio.skip(), gradio.skip())
    _, _, use = page._given(session, str(photos[2]), [str(photos[1])])
    assert not use.visible
    assert session.easel == NO_PHOTO
    with session.turn(DROP):
        fit(session, photos[2], photos[1])
    assert not page._easel(session)[1].visible
    editor, use = page._easel_again(session)
    assert editor.visible
    assert use.visible
    assert session.easel is not None
    assert session.easel[0] == photos[2]
    assert page._easel_again(session) == gradio.skip()


@pytest.mark.slow
def test_what_was_not_painted_over_the_photo_is_refused(tiny_weights: Weights, photos: list[Path]) -> None:
    """As on the empty canvas that Gradio's editor has once the photo is removed from it."""
    session = Session()
    fit(session, photos[0], photos[1])
    height, width = session.fitted.photo.shape[-2:]
    strokes, elsewhere = (np.full((*shape, 4), 255, np.uint8) for shape in ((height, width), (800, 800)))
    for background, layer in ((None, elsewhere), (elsewhere, elsewhere), (None, strokes)):
        with pytest.raises(VerismError, match="not painted over your photo"):
            page._paint(session, {"background": background, "layers": [layer], "composite": layer})
    assert session.corrections.mask is None
    page._paint(session, {"background": strokes, "layers": [strokes], "composite": strokes})
    assert session.corrections.mask is not None
    # It is nothing that the user has saved.
    assert session.saved == []


@pytest.mark.slow
def test_saved_files_stay_whatever_is_done_next(tiny_weights: Weights, photos: list[Path]) -> None:
    session = Session()
    fit(session, photos[0], photos[1])
    page._save_picture(session, "Like the photo", 1, 1, 1)
    fit(session, photos[0], photos[2])
    page._save_picture(session, "Like the photo", 1, 1, 1)
    fit(session, photos[0], photos[1])
    page._save_picture(session, "JPEG", 1, 1, 1)
    assert [file.name for file in session.saved] == [
        "mine-theirs-preview.jpg",
        "mine-other-preview.png",
        "mine-theirs-preview.png",
    ]
    fit(session, photos[2], photos[1])
    offered = page._offered(session)
    assert offered.visible
    assert len(offered.value) == 3


@pytest.mark.slow
def test_a_method_without_regions_says_so_in_place_of_them(tiny_weights: Weights, photos: list[Path]) -> None:
    session = Session()
    fit(session, photos[0], photos[1], "lut")
    mine, theirs, said, tools = page._marked(session)
    assert not mine.visible
    assert not theirs.visible
    assert "This method uses no regions." in said
    assert not tools["visible"]
    fit(session, photos[0], photos[1])
    mine, _, said, tools = page._marked(session)
    assert mine.visible
    assert "of your photo" in said
    assert tools["visible"]


def test_a_message_is_not_repeated_by_what_follows_of_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """But if the user does the same again, they are told again."""
    told: list[str] = []
    monkeypatch.setattr(gradio, "Warning", lambda message, **_: told.append(message))

    def fails(session: Session, what: str) -> None:
        raise VerismError(f"{what}.")

    session, first, then = Session(), page._guarded(fails), page._guarded(fails, is_chained=True)
    first(session, "One")
    then(session, "One")
    then(session, "Another")
    assert told == ["One.", "Another."]
    first(session, "One")
    assert told == ["One.", "Another.", "One."]


@pytest.mark.parametrize("for_other", [False, True])
def test_what_is_stopped_is_said_unless_other_work_takes_its_place(
    monkeypatch: pytest.MonkeyPatch, for_other: bool
) -> None:
    told: list[str] = []
    monkeypatch.setattr(gradio, "Info", lambda message, **_: told.append(message))

    def stopped(session: Session) -> None:
        raise StoppedError

    session = Session()
    session.stop(for_other=for_other)
    page._guarded(stopped)(session)
    assert told == ([] if for_other else ["Stopped."])


def test_stop_is_there_while_something_runs() -> None:
    session = Session()
    stop, _, picture, *_ = page._begin("preview", session, "mine.png", None)
    assert not stop.interactive
    assert not picture["visible"]
    stop, _, picture, *below, _ = page._begin("preview", session, "mine.png", ["theirs.png"])
    assert stop.interactive
    assert picture["visible"]
    assert not any(it["visible"] for it in below)
    # A second click does nothing, but photos that are dropped are another run.
    page._begin("preview", session)
    page._begin(DROP, session)
    page._begin(DROP, session)
    for kind in ("preview", DROP):
        stop, *_ = page._end(kind, session)
        assert stop.interactive
    stop, _, picture, *_ = page._end(DROP, session)
    assert not stop.interactive
    assert not picture["visible"]
    page._end(DROP, session)
    assert not session.is_busy


@pytest.mark.parametrize("kind", ["preview", "folder"])
def test_stop_gives_a_sign_until_what_runs_has_ended(kind: str) -> None:
    session = Session()
    session.said = "This is a preview."
    page._begin(kind, session)
    stop, beside, *_, said = page._stop(session)
    assert not stop.interactive
    assert stop.value == beside.value == "Stopping…"
    assert said == page.STOPPING
    stop, *_, said = page._end(kind, session)
    assert stop.value == "Stop"
    assert said == "This is a preview."
    # There is nothing to be stopped any more.
    stop, *_, said = page._stop(session)
    assert stop.value == "Stop"
    assert said == "This is a preview."


def test_what_is_stopped_for_other_work_is_not_said_to_be_stopping() -> None:
    session = Session()
    page._begin(DROP, session, "mine.png", ["theirs.png"])
    session.stop(for_other=True)
    stop, *_, said = page._begin(DROP, session, "mine.png", ["other.png"])
    assert stop.interactive
    assert said == page.EMPTY


def test_what_is_no_longer_due_is_not_done() -> None:
    done: list[str] = []
    work = page._in_turn(Desk(), DROP, lambda session, photo: done.append(photo))
    session = Session()
    session.stop(for_other=True)
    session.stop(for_other=True)
    assert work(session, "mine.png") == gradio.skip()
    work(session, "other.png")
    assert done == ["other.png"]
