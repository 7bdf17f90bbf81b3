"""What the page offers for saving."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from photographs import ADOBE
from PIL import Image

from verism.app.session import Session

gradio = pytest.importorskip("gradio", reason="needs the extra app: pip install '.[app]'")

from verism.app import regions_tab, save_tab  # noqa: E402  # It needs Gradio.


@pytest.mark.slow
def test_saved_files_stay_whatever_is_done_next(fit: Callable[..., None], photos: list[Path]) -> None:
    session = Session()
    fit(session, photos[0], photos[1])
    save_tab._save_picture(session, "Like the photo", "sRGB", 1, 1, 1)
    fit(session, photos[0], photos[2])
    save_tab._save_picture(session, "Like the photo", "sRGB", 1, 1, 1)
    fit(session, photos[0], photos[1])
    save_tab._save_picture(session, "JPEG", "sRGB", 1, 1, 1)
    assert [file.name for file in session.saved] == [
        "mine-theirs-preview.jpg",
        "mine-other-preview.png",
        "mine-theirs-preview.png",
    ]
    fit(session, photos[2], photos[1])
    # Of each is said which picture it is; what is Markdown in a name is shown as it is.
    in_look = "mine.png in the look of {}.png: a preview, method Region by region."
    assert save_tab.after_fit(session)[1].splitlines() == [
        f"- mine-theirs-preview.jpg: {in_look.format('theirs')}",
        f"- mine-other-preview.png: {in_look.format('other')}",
        f"- mine-theirs-preview.png: {in_look.format('theirs')}",
    ]
    offered = save_tab.offered(session)
    assert offered.visible
    assert len(offered.value) == 3


@pytest.mark.slow
def test_what_a_table_can_do_is_said_before_it_is_saved(fit: Callable[..., None], photos: list[Path]) -> None:
    for config, said in (("photoreal", save_tab.TABLE_NEAR), ("lut", save_tab.TABLE_LIKE)):
        session = Session()
        fit(session, photos[0], photos[1], config)
        assert save_tab.after_fit(session)[1:3] == ("", said)


@pytest.mark.parametrize(
    ("difference", "said"),
    [(0.4, "hardly sees"), (2.0, "differ a little"), (3.2, "differ plainly")],
)
def test_how_far_a_table_is_from_the_picture_is_said(difference: float, said: str) -> None:
    """What helps is said above it, and not twice."""
    sentence = save_tab.said_of(difference)
    assert said in sentence
    assert "One lookup table" not in sentence
    assert "other programs" not in sentence


@pytest.mark.slow
def test_a_picture_keeps_the_colour_space_of_its_photo_if_that_is_chosen(
    fit: Callable[..., None], photos: list[Path]
) -> None:
    """Which one it has is said, if there is a choice."""
    session = Session()
    fit(session, photos[0], photos[1])
    assert save_tab.after_fit(session)[3].info == "Your photo's own is sRGB, too"
    assert "sRGB" not in save_tab._save_picture(session, "Like the photo", "Like the photo", 1, 1, 1)[1]
    adobe = photos[0].with_name("adobe.png")
    with Image.open(photos[0]) as photo:
        photo.save(adobe, icc_profile=ADOBE)
    fit(session, adobe, photos[1])
    _, _, _, space = save_tab.after_fit(session)
    assert space.info == "Your photo is in Adobe RGB (compatible); sRGB looks right everywhere"
    for choice, named in (("sRGB", "sRGB"), ("Like the photo", "Adobe RGB (compatible)")):
        note = save_tab._save_picture(session, "Like the photo", choice, 1, 1, 1)[1]
        saved = next(iter(session.saved))
        assert f"{saved.name}: {session.fitted.caption}, in {named}." in note
        with Image.open(saved) as picture:
            assert (picture.info["icc_profile"] == ADOBE) == (choice != "sRGB")


@pytest.mark.slow
def test_of_what_is_saved_it_is_said_which_picture_it_is(fit: Callable[..., None], photos: list[Path]) -> None:
    """By which method, whether it is a preview, and whether other photos or another method have been given since."""
    session = Session()
    for preview, config, is_stale in ((True, "photoreal", False), (False, "lut", False), (True, "lut", True)):
        fit(session, photos[0], photos[1], config, preview=preview)
        session.given, session.config = (str(photos[0]), (str(photos[1]),)), "photoreal" if is_stale else config
        for note in (
            save_tab._save_picture(session, "Like the photo", "sRGB", 1, 1, 1)[1],
            save_tab._save_table(".cube", session, 1, 1, 1)[1],
        ):
            method = "One lookup table" if config == "lut" else "Region by region"
            kind = "a preview" if preview else "in final quality"
            assert f"mine.png in the look of theirs.png: {kind}, method {method}" in note
            assert (save_tab.OF_PREVIEW in note) == (preview and not is_stale)
            assert (save_tab.STALE in note) == is_stale
    # The page dims it as long as it is so.
    assert 'class="changing"' in regions_tab.at_stake(session)
    session.config = "lut"
    assert "changing" not in regions_tab.at_stake(session)
    session.given = str(photos[2]), (str(photos[1]),)
    assert 'class="changing"' in regions_tab.at_stake(session)


@pytest.mark.slow
def test_how_near_a_table_comes_is_said_of_each_as_long_as_it_is_listed(
    fit: Callable[..., None], photos: list[Path]
) -> None:
    """And its name says by which method it was made, if that is not the first."""
    session = Session()
    for config, name in (("photoreal", "mine-theirs-preview.cube"), ("lut", "mine-theirs-lookup-table-preview.cube")):
        fit(session, photos[0], photos[1], config)
        assert save_tab._save_table(".cube", session, 1, 1, 1)[2] == name
    lines = save_tab.listed(session).splitlines()
    assert len(lines) == 2
    assert all("; side by side" in line for line in lines)
