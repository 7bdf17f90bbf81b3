"""The easel: what is painted over, and what is taken of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from verism import VerismError
from verism.app.session import DROP, NO_PHOTO, Session

gradio = pytest.importorskip("gradio", reason="needs the extra app: pip install '.[app]'")

from verism.app import easel, page  # noqa: E402  # It needs Gradio.


@pytest.mark.slow
def test_the_easel_has_the_photo_that_is_shown(fit: Callable[..., None], photos: list[Path]) -> None:
    """From when it is asked for, and not again for the same, so that what is painted stays."""
    session = Session()
    fit(session, photos[0], photos[1])
    assert not easel.after_fit(session)[1].visible
    editor, use = easel.begin(session)
    assert editor.visible
    assert use.visible
    assert editor.value["background"] is not None
    regions = session.regions
    assert regions is not None
    shares = regions.content.float().mean(dim=(0, 2, 3))
    assert shares[regions.labels.index(editor.brush.default_color)] == shares.max()
    assert easel.after_fit(session) == (gradio.skip(), gradio.skip())
    _, _, use, _ = page._given(session, str(photos[2]), [str(photos[1])])
    assert not use.visible
    assert session.easel == NO_PHOTO
    with session.turn(DROP):
        fit(session, photos[2], photos[1])
    assert not easel.after_fit(session)[1].visible
    editor, use = easel.again(session)
    assert editor.visible
    assert use.visible
    assert session.easel is not None
    assert session.easel[0] == photos[2]
    assert easel.again(session) == gradio.skip()


@pytest.mark.slow
def test_what_was_not_painted_over_the_photo_is_refused(fit: Callable[..., None], photos: list[Path]) -> None:
    """As on the empty canvas that Gradio's editor has once the photo is removed from it."""
    session = Session()
    fit(session, photos[0], photos[1])
    height, width = session.fitted.photo.shape[-2:]
    strokes, elsewhere = (np.full((*shape, 4), 255, np.uint8) for shape in ((height, width), (800, 800)))
    for background, layer in ((None, elsewhere), (elsewhere, elsewhere), (None, strokes)):
        with pytest.raises(VerismError, match="not painted over your photo"):
            easel.paint(session, {"background": background, "layers": [layer], "composite": layer})
    assert session.corrections.mask is None
    easel.paint(session, {"background": strokes, "layers": [strokes], "composite": strokes})
    assert session.corrections.mask is not None
    # It is nothing that the user has saved.
    assert session.saved == []


@pytest.mark.slow
def test_without_a_stroke_nothing_is_taken_over(fit: Callable[..., None], photos: list[Path]) -> None:
    session = Session()
    fit(session, photos[0], photos[1])
    empty: list[dict[str, Any] | None] = [None, {"layers": []}, {"layers": [None]}]
    for value in empty:
        with pytest.raises(VerismError, match="Nothing was painted"):
            easel.paint(session, value)
