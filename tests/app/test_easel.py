"""The easel: what is painted over, and what is taken of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from verism import VerismError
from verism.app.glaze import OPACITY
from verism.app.legend import legend, listed
from verism.app.session import NO_PHOTO, Session
from verism.app.turns import DROP
from verism.look.strength import Strength

gradio = pytest.importorskip("gradio", reason="needs the extra app: pip install '.[app]'")

from verism.app import easel, page  # noqa: E402  # It needs Gradio.


@pytest.mark.slow
def test_the_easel_has_the_photo_that_is_shown(fit: Callable[..., None], photos: list[Path]) -> None:
    """From when it is asked for, and not again for the same, so that what is painted stays."""
    session = Session()
    fit(session, photos[0], photos[1])
    assert not easel.after_fit(session)[1].visible
    editor, use, said = easel.begin(session)
    assert editor.visible
    assert use.visible
    assert editor.value["background"] is not None
    regions = session.regions
    assert regions is not None
    shares = regions.content.float().mean(dim=(0, 2, 3))
    assert shares[regions.labels.index(editor.brush.default_color[0])] == shares.max()
    # One sees the photo through the paint, and every colour has its number, a new one, too.
    labels, opacities = zip(*editor.brush.colors, strict=True)
    assert labels == (*listed(regions), session.new_label)
    assert max(opacities) < 0.75
    numbers = [*(session.numbers[label] for label in listed(regions)), len(session.numbers) + 1]
    for place, number in enumerate(numbers, start=1):
        assert f'button:nth-child({place})::after {{ content: "{number}"; }}' in said
    assert easel.NEW.format(numbers[-1]) in said
    assert easel.after_fit(session) == (gradio.skip(), gradio.skip(), gradio.skip())
    assert not page._given(session, str(photos[2]), [str(photos[1])]).use.visible
    assert session.easel == NO_PHOTO
    with session.turns.turn(DROP):
        fit(session, photos[2], photos[1])
    assert not easel.after_fit(session)[1].visible
    editor, use, _ = easel.again(session)
    assert editor.visible
    assert use.visible
    assert session.easel is not None
    assert session.easel.photo == photos[2]
    assert easel.again(session) == gradio.skip()


@pytest.mark.slow
def test_before_one_paints_it_is_said_which_numbers_have_no_sure_match(
    fit: Callable[..., None], photos: list[Path]
) -> None:
    """A stroke over one photo does not make it surer."""
    session = Session()
    fit(session, photos[0], photos[1])
    regions = session.divided
    for sure, said in (
        (
            [0.0, 0.5, 1.0],
            (
                "1 has none, and follows the look of the whole photo; "
                "2 takes its look from the style only in part, as its match is not quite sure."
            ),
        ),
        ([0.0, 0.0, 0.0], "1, 2 and 3 have none, and follow the look of the whole photo."),
        ([1.0, 0.5, 0.3], "2 and 3 take their look from the style only in part, as their matches are not quite sure."),
        ([1.0, 1.0, 1.0], ""),
    ):
        masks = torch.eye(3).reshape(1, 3, 3, 1)
        session._found = session.regions = regions._replace(
            labels=("#e6194b", "#3cb44b", "#0082c8"), content=masks, style=masks, confidence=torch.tensor(sure)
        )
        text = easel.begin(session)[2]
        assert f"{easel.KEPT}{said}" in text if said else easel.KEPT not in text
        assert easel.OBEYED in text


@pytest.mark.slow
def test_what_was_not_painted_over_the_photo_is_refused(fit: Callable[..., None], photos: list[Path]) -> None:
    """As on the empty canvas that Gradio's editor has once the photo is removed from it."""
    session = Session()
    fit(session, photos[0], photos[1])
    height, width = session.fitted.photo.shape[-2:]
    strokes, elsewhere = (np.full((*shape, 4), 255, np.uint8) for shape in ((height, width), (800, 800)))
    for background, layer in ((None, elsewhere), (elsewhere, elsewhere), (None, strokes)):
        with pytest.raises(VerismError, match="not painted over the photo: press Paint over your photo"):
            easel.paint(session, {"background": background, "layers": [layer], "composite": layer})
    assert session.corrections.mask is None
    easel.paint(session, {"background": strokes, "layers": [strokes], "composite": strokes})
    assert session.corrections.mask is not None
    # It is nothing that the user has saved.
    assert session.saved == {}


@pytest.mark.slow
def test_a_region_of_ones_own_is_painted_in_both_photos(fit: Callable[..., None], photos: list[Path]) -> None:
    """In one alone, it follows the look of the whole photo; then there is a further colour, until there are none.

    What is on the easel is taken when the other photo is put there, and the brush keeps its colour.
    """
    session = Session()
    fit(session, photos[0], photos[1])
    found, numbers, new = session.divided.labels, session.numbers, session.new_label
    assert new is not None
    chosen = ""
    for role, said in (
        ("content", "only here: it follows the look of the whole photo, unless"),
        ("style", "with the look of"),
    ):
        assert not easel.take(session, {"background": None, "layers": []})
        editor, _, _ = easel.begin(session, chosen, role)  # type: ignore[arg-type]
        assert (editor.brush.default_color[0] == new) == (role == "style")
        chosen = new
        photo = session.fitted.photo if role == "content" else session.fitted.style
        height, width = photo.shape[-2:]
        strokes = np.zeros((height, width, 4), np.uint8)
        strokes[: height // 3] = [*(int(new[at : at + 2], 16) for at in (1, 3, 5)), round(255 * OPACITY)]
        value = {"background": strokes, "layers": [strokes], "composite": strokes}
        assert not easel.take(session, value | {"layers": [np.zeros_like(strokes)]})
        assert easel.take(session, value)
        # It is of the regions before.
        assert not easel.take(session, value)
        assert session.divided.labels == (*found, new)
        assert session.numbers[new] == len(numbers) + 1
        assert said in legend(session.divided, session.corrections)[new]
        # What was taken is on the easel as a region from now on.
        editor, _, _ = easel.again(session, chosen)
        assert editor.visible
        assert editor.brush.default_color[0] == new
    fit(session, photos[0], photos[1])
    run = session.fitted.run.model.regions
    assert run is not None
    assert run.labels == (*found, new)
    assert run.sure[-1] == 1
    assert session.new_label not in (*found, new)
    command = session.command(Strength())
    assert "--data.content_mask regions.png" in command
    assert "--data.style_mask regions-style.png" in command


@pytest.mark.slow
def test_there_must_be_one_style_photo_to_paint_over(fit: Callable[..., None], photos: list[Path]) -> None:
    session = Session()
    fit(session, photos[0], photos[1])
    fitted = session.fitted
    session.shown = replace(fitted, styles=(*fitted.styles, photos[2]))
    with pytest.raises(VerismError, match="there are several: give one of them alone"):
        easel.begin(session, role="style")


@pytest.mark.slow
def test_without_a_stroke_nothing_is_taken_over(fit: Callable[..., None], photos: list[Path]) -> None:
    session = Session()
    fit(session, photos[0], photos[1])
    empty: list[dict[str, Any] | None] = [None, {"layers": []}, {"layers": [None]}]
    for value in empty:
        with pytest.raises(VerismError, match="Nothing was painted"):
            easel.paint(session, value)


def test_the_editor_of_a_wide_photo_is_lower_on_a_phone_than_that_of_a_high_one() -> None:
    wide, high = (easel._low(torch.zeros(1, 3, *shape)) for shape in ((100, 200), (200, 100)))
    assert "* 0.500 + " in wide
    assert "* 2.000 + " in high
    assert "max-width: 640px" in wide
