"""The results of a folder on the page, as they come."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import shoot

from verism.app.session import Session
from verism.errors import VerismError
from verism.look.strength import Strength

gradio = pytest.importorskip("gradio", reason="needs the extra app: pip install '.[app]'")

from verism.app import folder_tab  # noqa: E402  # It needs Gradio.


def names(gallery: Any) -> list[str]:
    """Of the files; some have more than that in their captions."""
    return [picture["caption"].rpartition(": ")[2] for picture in gallery.value]


def last(session: Session) -> Any:
    """The gallery as it is when the page asks anew."""
    session.results_shown = None
    return folder_tab.shown(session)[0]


@pytest.mark.slow
def test_what_was_made_of_a_folder_stays_when_another_cannot_be(
    fit: Callable[..., None], photos: list[Path], tmp_path: Path
) -> None:
    """And with the look of a method that cannot treat it like that."""
    session = Session()
    fit(session, photos[0], photos[1])
    folder_tab._grade_files(session, list(map(str, photos)), False, False, 1, 1, 1)
    fit(session, photos[0], photos[1], "lut")
    with pytest.raises(VerismError, match="its own regions"):
        folder_tab._grade_files(session, list(map(str, photos)), True, False, 1, 1, 1)
    (tmp_path / "damaged.png").write_bytes(photos[0].read_bytes()[:200])
    assert len(session.results) == 3
    # As a page does, on which there are none meanwhile.
    folder_tab.end(session)
    _, files, _ = folder_tab.begin(session)
    assert not files.visible
    _, files, _ = folder_tab.end(session)
    assert len(files.value) == 4
    packed = session.packed
    report = folder_tab._grade_files(session, [str(tmp_path / "damaged.png")], False, False, 1, 1, 1)
    assert len(packed) == 4
    assert "damaged.png" in report


@pytest.mark.slow
def test_results_are_shown_as_they_come(
    fit: Callable[..., None], photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the page is left alone while there is no other, so that what is enlarged stays so."""
    session = Session()
    fit(session, photos[0], photos[1])
    *_, clock = folder_tab.begin(session)
    assert clock.active
    seen: list[list[str]] = []

    def look(share: float, said: str) -> None:
        gallery, _ = folder_tab.shown(session)
        seen.append([] if gallery == gradio.skip() else names(gallery))

    session.grade(photos, session.folder / "graded", Strength(), look, adapt=False)
    made = [f"{name}-theirs-preview.png" for name in ("mine", "theirs", "other")]
    assert seen == [[], made[:1], made[:2]]
    gallery, _, clock = folder_tab.end(session)
    assert not clock.active
    assert gallery.visible
    assert gallery.label == "Results in the look of theirs.png, method Region by region: click one to enlarge it"
    assert names(gallery) == made
    assert folder_tab.shown(session) == (gradio.skip(), gradio.skip())
    # Of very many, the last.
    monkeypatch.setattr(folder_tab, "MOST", 2)
    session.results_shown = 0
    gallery, _ = folder_tab.shown(session)
    assert (
        gallery.label
        == "Results in the look of theirs.png, method Region by region, the last 2 of 3: click one to enlarge it"
    )
    assert names(gallery) == made[1:]
    # With another look they stay, until the first photo of another folder is begun.
    fit(session, photos[0], photos[2])
    assert names(last(session)) == made[1:]
    assert folder_tab.begin(session)[0] == gradio.skip()
    galleries: list[Any] = []
    session.grade(
        photos[:1], session.folder / "next", Strength(), lambda *_: galleries.append(last(session)), adapt=False
    )
    assert not galleries[0].visible
    assert last(session).label == "Results in the look of other.png, method Region by region: click one to enlarge it"


@pytest.mark.slow
def test_what_was_done_before_a_stop_is_shown_with_what_is_new(
    fit: Callable[..., None], photos: list[Path], tmp_path: Path
) -> None:
    """And what another look has made of the same photos is not: it has other names."""
    session, folder = Session(), tmp_path / "out"
    fit(session, photos[0], photos[1])

    def grade(*, stops: bool = False) -> list[str]:
        def tell(share: float, said: str) -> None:
            if stops:
                session.turns.stopping.set()

        session.turns.stopping.clear()
        session.grade(photos, folder, Strength(), tell, adapt=False)
        return names(last(session))

    made = [f"{name}-theirs-preview.png" for name in ("mine", "theirs", "other")]
    assert grade(stops=True) == made[:1]
    assert grade() == made
    assert grade() == made
    (folder / made[1]).write_text("no picture any more")
    assert grade() == [made[0], made[2]]
    fit(session, photos[0], photos[2])
    assert grade() == [name.replace("-theirs-preview", "-other-preview") for name in made]


@pytest.mark.slow
def test_each_result_and_all_of_them_can_be_downloaded(fit: Callable[..., None], photos: list[Path]) -> None:
    session = Session()
    fit(session, photos[0], photos[1])
    told: list[str] = []
    given = list(map(str, photos))
    report = folder_tab._grade_files(
        session, given, False, False, 1, 1, 0.5, progress=lambda _, said: told.append(said)
    )
    _, files, _ = folder_tab.end(session)
    # Else it would be Gradio's clock that one sees first.
    assert told[0] == folder_tab.BEGINNING
    assert told[1].startswith("photo 1 of 3")
    assert [file["orig_name"] for file in files.value] == [
        "graded.zip",
        "mine-theirs-preview-tone-0.5.png",
        "theirs-theirs-preview-tone-0.5.png",
        "other-theirs-preview-tone-0.5.png",
    ]
    assert all(Path(file["path"]).is_file() for file in files.value)
    assert files.visible
    assert "3 photos are in the .zip file." in report


@pytest.mark.slow
def test_files_of_the_folder_before_are_gone_while_the_next_is_graded(
    fit: Callable[..., None], photos: list[Path]
) -> None:
    """They would be taken for its own; and names say how each was made."""
    session = Session()
    fit(session, photos[0], photos[1])
    given = list(map(str, photos[:1]))

    def look(share: float, said: str) -> None:
        assert folder_tab.shown(session)[1] == gradio.skip()

    for adapt, whole, name in (
        (False, False, "mine-theirs-preview.png"),
        (True, False, "mine-theirs-preview-own-regions.png"),
        (False, True, "mine-theirs-preview-whole.png"),
    ):
        _, before, _ = folder_tab.begin(session)
        assert before == gradio.skip() or not before.visible
        folder_tab._grade_files(session, given, adapt, whole, 1, 1, 1, progress=look)
        _, files, _ = folder_tab.end(session)
        assert [file["orig_name"] for file in files.value][1:] == [name]
    # Those of a folder of one's own are there already.
    folder_tab.begin(session)
    folder_tab._grade_folder(session, str(photos[0].parent), "", False, False, 1, 1, 1, progress=look)
    folder_tab.end(session)
    assert session.packed == []


@pytest.mark.slow
def test_how_weak_the_look_is_on_other_photos_is_said_of_such_a_look(
    fit: Callable[..., None], photos: list[Path]
) -> None:
    """Before, and below each result that has not all of it."""
    session = Session()
    fit(session, photos[0], photos[1])
    about, adapt, whole = folder_tab.after_fit(session)
    assert folder_tab.WEAKER in about
    assert adapt.visible
    assert whole.visible
    shoot(photos[2], torch.tensor([1.0, 0.0, 0.05]).view(3, 1, 1).expand(1, 3, 48, 72))
    folder_tab._grade_files(session, list(map(str, (photos[0], photos[2]))), False, False, 1, 1, 1)
    own, other = (picture["caption"] for picture in last(session).value)
    assert own == "mine-theirs-preview.png"
    assert re.fullmatch(r"\d+% of the look: other-theirs-preview\.png", other)
    fit(session, photos[0], photos[1], "lut")
    about, adapt, whole = folder_tab.after_fit(session)
    assert about == folder_tab.ABOUT
    assert not adapt.visible
    assert not whole.visible
    folder_tab._grade_files(session, [str(photos[2])], False, False, 1, 1, 1)
    assert [picture["caption"] for picture in last(session).value] == ["other-theirs-lookup-table-preview.png"]
