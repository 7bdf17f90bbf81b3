"""What the page shows of the regions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from verism.app.session import Session
from verism.likeness import ONE_GRADE
from verism.regions.regions import SEEN

gradio = pytest.importorskip("gradio", reason="needs the extra app: pip install '.[app]'")

from verism.app import regions_tab  # noqa: E402  # It needs Gradio.


@pytest.mark.slow
def test_a_method_without_regions_says_so_in_place_of_them(fit: Callable[..., None], photos: list[Path]) -> None:
    session = Session()
    fit(session, photos[0], photos[1], "match")
    mine, theirs, said, tools, *_ = regions_tab.marked(session)
    assert not mine.visible
    assert not theirs.visible
    assert "This method uses no regions." in said
    assert not tools["visible"]
    fit(session, photos[0], photos[1])
    mine, _, said, tools, *_ = regions_tab.marked(session)
    assert mine.visible
    assert "of your photo" in said
    assert tools["visible"]
    for label, number in session.numbers.items():
        # In the colour of the map and of the palette.
        there = f'style="background:{label}"><b>{number}</b>' in said
        masks = [it[0, session.divided.labels.index(label)] for it in (session.divided.content, session.divided.style)]
        assert there == any(float(it.float().mean()) >= SEEN for it in masks)


@pytest.mark.slow
def test_one_paints_over_the_style_photo_only_if_there_is_one(fit: Callable[..., None], photos: list[Path]) -> None:
    """The button says why it cannot be pressed."""
    session = Session()
    fit(session, photos[0], photos[1])
    one = regions_tab.marked(session)[-2]
    session.shown = replace(session.fitted, styles=(*session.fitted.styles, photos[2]))
    several = regions_tab.marked(session)[-2]
    assert (one.value, one.interactive) == ("Paint over the style photo", True)
    assert (several.value, several.interactive) == ("Paint over the style photo: give one alone", False)


@pytest.mark.slow
def test_what_regions_are_for_is_said_of_the_method(
    fit: Callable[..., None], photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table treats the whole photo alike."""
    # The photos are of one scene.
    monkeypatch.setattr("verism.likeness.SURELY", 2)
    session = Session()
    for config, said, other in (
        ("photoreal", regions_tab.TOGETHER, regions_tab.COMPARED),
        ("lut", regions_tab.COMPARED, regions_tab.TOGETHER),
    ):
        fit(session, photos[0], photos[1], config)
        about = regions_tab.marked(session)[-1]
        assert said in about
        assert other not in about
        assert regions_tab.PARTS not in about
    session.shown = replace(session.fitted, styles=(*session.fitted.styles, photos[2]))
    _, theirs, *_, about = regions_tab.marked(session)
    assert theirs.label == "Style photos"
    assert regions_tab.PARTS in about


@pytest.mark.slow
def test_of_photos_of_one_scene_it_is_said_that_regions_hardly_count(
    fit: Callable[..., None], photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session()
    fit(session, photos[0], photos[1])
    for surely, is_said in ((0.0, True), (2.0, False)):
        monkeypatch.setattr("verism.likeness.SURELY", surely)
        about = regions_tab.marked(session)[-1]
        assert about.startswith(f"{ONE_GRADE} {regions_tab.HARDLY_COUNT}") == is_said
        assert (regions_tab.TOGETHER in about) != is_said
