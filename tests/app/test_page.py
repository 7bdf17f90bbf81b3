"""What the page shows of a picture, and of the photos that were given."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch
from conftest import shoot, synthetic_photo
from PIL import Image

from verism.app.clipping import NOTHING
from verism.app.session import Session
from verism.app.shown import METHODS
from verism.app.turns import DROP
from verism.regions.colors import name_of

gradio = pytest.importorskip("gradio", reason="needs the extra app: pip install '.[app]'")

from verism.app import command_tab, page  # noqa: E402  # It needs Gradio.
from verism.app.view import View, pictures  # noqa: E402
from verism.look.strength import Strength  # noqa: E402


@pytest.mark.slow
def test_one_sees_what_a_change_of_the_regions_has_done(fit: Callable[..., None], photos: list[Path]) -> None:
    """At the sliders' strength, as long as the photos are the same."""
    session = Session()
    fit(session, photos[0], photos[1])
    before, photo = session.fitted.image, session.fitted.photo
    assert session.earlier is None
    strength = Strength(0.5)
    assert torch.equal(session.before(strength, earlier=True), photo)
    session.chosen = session.divided.labels[:2]
    session.merge()
    fit(session, photos[0], photos[1])
    assert session.earlier == (before, True)
    assert torch.equal(session.before(strength, earlier=False), photo)
    torch.testing.assert_close(session.before(strength, earlier=True), strength(photo, before))
    # The same regions again are no change.
    fit(session, photos[0], photos[1])
    assert session.earlier == (before, True)
    # Nor is the picture after the first change the one before the second.
    session.chosen = session.divided.labels[:1]
    session.leave_out()
    fit(session, photos[0], photos[1])
    assert session.earlier == (before, True)

    def label(*, earlier: bool) -> str:
        return str(pictures(session, View(1, 1, 1, marks=False, earlier=earlier))[0].label)

    of_change = "Before and after you changed the regions"
    assert [label(earlier=earlier) for earlier in (False, True)] == ["Before and after", of_change]
    # A preview and one in final quality differ in more than that.
    fit(session, photos[0], photos[1], preview=False)
    assert label(earlier=True) == f"{of_change}: before is a preview, after is in final quality"
    close = View(1, 1, 1, marks=False, earlier=True, close=True)
    assert pictures(session, close)[0].label == "Before and after, at 100%: before is your photo"
    assert label(earlier=False) == "Before and after"
    session.reset()
    fit(session, photos[0], photos[1])
    assert session.earlier is None
    session.chosen = session.divided.labels[:1]
    session.leave_out()
    fit(session, photos[0], photos[1])
    assert session.earlier is not None
    fit(session, photos[0], photos[2])
    assert session.earlier is None


@pytest.mark.slow
def test_clipping_is_marked_and_told_if_it_is_wanted(fit: Callable[..., None], photos: list[Path]) -> None:
    session = Session()
    fit(session, photos[0], photos[1])
    view = View(0, 1, 1, marks=False, earlier=False)
    assert pictures(session, view)[2] == ""
    assert pictures(session, view._replace(marks=True))[2] == NOTHING
    # As is every pixel of it, in place of the cached result.
    session.fitted.__dict__["image"] = torch.ones_like(session.fitted.image)
    (_, plain, said, _), (_, marked, *_) = (
        pictures(session, view._replace(strength=1, marks=marks)) for marks in (False, True)
    )
    assert said.startswith("Newly clipped: highlights in ")
    assert Path(plain).read_bytes() != Path(marked).read_bytes()


@pytest.mark.slow
def test_a_part_of_the_picture_is_that_of_the_file(fit: Callable[..., None], tmp_path: Path) -> None:
    """To be judged before it is saved: at the sliders' strength, of the size at which it is written."""
    for seed, name in enumerate(("mine", "theirs"), start=1):
        shoot(tmp_path / f"{name}.png", synthetic_photo(900, 1400, seed))
    session = Session()
    fit(session, tmp_path / "mine.png", tmp_path / "theirs.png")
    view = View(0.5, 1, 1, marks=False, earlier=False, close=True, room="300x200")
    session.place = 0.9, 0.5
    slider, after, _, place = pictures(session, view)
    assert place.visible
    assert slider.label == "Before and after, at 100%"
    before, seen = (np.asarray(Image.open(it["path"])).astype(int) for it in slider.value)
    part = slice(350, 550), slice(1100, 1400)
    assert np.abs(before - np.asarray(Image.open(tmp_path / "mine.png"))[part]).max() <= 1
    saved = np.asarray(Image.open(session.save_picture(view.blend)))
    assert np.abs(seen - saved[part]).max() <= 1
    # In the tab with the regions, it is the whole.
    assert np.asarray(Image.open(after)).shape == (642, 1000, 3)
    # A click in the overview is a place there.
    height = len(np.asarray(Image.open(place.value["path"])))
    slider, *_ = page._look_there(session, cast("Any", SimpleNamespace(index=(0, height / 2))), *view)
    seen = np.asarray(Image.open(slider.value[1]["path"])).astype(int)
    assert np.abs(seen - saved[350:550, :300]).max() <= 1
    slider, _, _, place = pictures(session, view._replace(close=False))
    assert slider.label == "Before and after"
    assert not place.visible


@pytest.mark.slow
def test_a_photo_that_is_not_in_the_picture_is_said_not_to_be(fit: Callable[..., None], photos: list[Path]) -> None:
    """As a style that was added, whose preview was stopped."""
    session = Session()
    files = [str(path) for path in photos]
    assert page.thumbnails(session, None, None) == ""
    assert "not in the picture" not in page.thumbnails(session, files[0], files[1:])
    fit(session, photos[0], photos[1])
    assert "not in the picture" not in page.thumbnails(session, files[0], files[1:2])
    seen = page.thumbnails(session, files[0], files[1:])
    assert seen.count("not in the picture yet") == 1
    assert "other.png: <b>not in the picture yet</b>" in seen


@pytest.mark.slow
def test_the_command_says_which_regions_it_names_and_what_it_is_without(
    fit: Callable[..., None], photos: list[Path]
) -> None:
    session = Session()
    assert command_tab.about(session) == ""
    fit(session, photos[0], photos[1])
    assert command_tab.about(session) == ""
    first, second, *_ = session.divided.labels
    session.chosen = (first, second)
    session.merge()
    assert command_tab.about(session) == command_tab.OF_THE_PICTURE
    fit(session, photos[0], photos[1])
    named = f"In the command, {name_of(first)} is region 1 and {name_of(second)} is region 2."
    assert command_tab.about(session) == named
    session.reset()
    assert command_tab.about(session) == f"{named}\n\n{command_tab.OF_THE_PICTURE}"


@pytest.mark.slow
def test_what_could_not_be_taken_over_makes_no_preview(fit: Callable[..., None], photos: list[Path]) -> None:
    """As after a click without a stroke, of which has been told; it would be the same picture again."""
    session = Session()
    files = str(photos[0]), [str(photos[1])], next(iter(METHODS))
    assert page._preview_of_changes(session, *files, "", 1, 1, 1, False, False) == gradio.skip()
    fit(session, photos[0], photos[1])
    before = session.shown
    assert page._preview_of_changes(session, *files, "", 1, 1, 1, False, False) == gradio.skip()
    assert session.shown is before


@pytest.mark.slow
def test_a_file_that_is_no_photo_does_not_take_the_photos_place(
    fit: Callable[..., None], photos: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does it stop what runs, or have the same picture made once more."""
    told: list[str] = []
    monkeypatch.setattr(page, "warn", lambda session, message: told.append(message))
    session = Session()
    bad, (mine, theirs, other) = tmp_path / "notes.jpg", map(str, photos)
    bad.write_text("no photo")
    method = next(iter(METHODS))

    def given(photo: str | None, *styles: str) -> page.Given:
        told.clear()
        return page._given(session, photo, list(styles))

    # Where there was none before, the field is empty again.
    assert given(str(bad), theirs).photo.value is None
    assert told[0].startswith("notes.jpg: not an image")
    given(mine, theirs)
    with session.turns.turn(DROP):
        fit(session, photos[0], photos[1])
    shown = given(str(bad), theirs)
    assert "mine.png" in shown.seen
    assert shown.editor == shown.use == shown.palette == gradio.skip()
    assert Path(shown.photo.value["path"]).read_bytes() == photos[0].read_bytes()
    assert not session.turns.stopping.is_set()
    assert told[0].startswith("notes.jpg: not an image")
    assert told[0].endswith("Your photo is still mine.png.")
    with session.turns.turn(DROP) as is_due:
        assert is_due
    assert page._first_preview(session, mine, [theirs], method, "", 1, 1, 1, False, False) == gradio.skip()
    # Nor is it listed among the styles, to which others are added that came with it.
    shown = given(mine, theirs, str(bad), other)
    assert [Path(it["path"]).name for it in shown.styles.value] == ["theirs.png", "other.png"]
    assert "notes.jpg" not in shown.seen
    assert len(told) == 1
    assert session.turns.stopping.is_set()
    given(mine, theirs)
    assert not session.is_refused


def test_there_is_a_button_to_be_pressed_once_there_is_all_that_it_needs(photos: list[Path]) -> None:
    session = Session()
    mine, theirs, other = map(str, photos)
    for photo, styles, can, several in (
        (mine, None, False, False),
        (None, [theirs], False, False),
        (mine, [theirs], True, False),
        (mine, [theirs, other], True, True),
    ):
        given = page._given(session, photo, styles)
        assert [given.preview.interactive, given.full.interactive] == [can, can]
        assert given.weights.visible == several


def test_weights_go_with_the_style_photos_that_they_are_of(photos: list[Path]) -> None:
    session = Session()
    mine, theirs, other = map(str, photos)
    assert page._given(session, mine, [theirs, other]).weights.value == ""
    assert "value" not in page._given(session, other, [theirs, other]).weights.constructor_args
    assert page._given(session, mine, [theirs, mine]).weights.value == ""


def built() -> Any:
    """The page. Outside of a loop, Gradio opens some of its own, and closes none."""

    async def build() -> Any:
        return page.build()

    return asyncio.run(build())


def test_what_may_go_wrong_is_told_on_the_page() -> None:
    """Gradio tells it in the terminal where an event is not queued."""
    codes = [(handler, getattr(handler.fn, "__code__", None)) for handler in built().fns.values()]
    guarded = [handler for handler, code in codes if code is not None and code.co_name == "guarded"]
    assert len(guarded) > 20
    assert [handler.name for handler in guarded if not handler.queue] == []


@pytest.mark.slow
def test_every_handler_returns_as_much_as_it_has_outputs(
    fit: Callable[..., None], photos: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where something is wrong: Gradio would raise an error, and not do what is to follow."""
    for name in ("Info", "Warning"):
        monkeypatch.setattr(gradio, name, lambda message, **_: None)
    bad, (mine, theirs, _) = tmp_path / "notes.jpg", map(str, photos)
    bad.write_text("no photo")
    fitted, whole = Session(), Session()
    fit(fitted, photos[0], photos[1])
    fit(whole, photos[0], photos[1], "lut")

    demo = built()
    # A real fit takes a while, and returns what it does below.
    monkeypatch.setattr(Session, "fit", lambda session, *args, **options: session.fitted)
    values: list[dict[str, Any]] = [
        {},
        {"photo": str(bad), "styles": [theirs]},
        {"photo": mine, "styles": [str(bad)]},
        {"photo": mine, "styles": [theirs], "others": [theirs, str(bad)]},
    ]
    common = {"choose": [theirs]}
    event, checked = SimpleNamespace(index=(1, 1)), 0
    for session in (Session(), fitted, whole):
        for own in values:
            for handler in demo.fns.values():
                function = handler.fn
                if not callable(function) or not handler.outputs:
                    continue
                args = [
                    session
                    if isinstance(it, gradio.State)
                    else {**common, **own}.get(it.elem_id, "" if isinstance(it, gradio.Textbox) else it.value)
                    for it in handler.inputs
                ]
                if "look_there" in str(handler.name):
                    args.insert(1, event)
                if "choose_mine" in str(handler.name) or "choose_theirs" in str(handler.name):
                    args.append(event)
                returned = function(*args)
                is_one = len(handler.outputs) == 1 or returned == gradio.skip()
                assert is_one or len(returned) == len(handler.outputs), handler.name
                checked += 1
    assert checked > 100
