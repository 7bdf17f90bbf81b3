"""The easel: a Gradio image editor in which the user paints over a photo in the colours of its regions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr
import numpy as np
from torch import Tensor

from verism import images
from verism.app.corrections import to_paint_over
from verism.app.glaze import OPACITY
from verism.app.legend import SURE
from verism.app.session import Easel, Session
from verism.enumeration import enumerated
from verism.errors import VerismError
from verism.regions.masks import seen
from verism.role import Role
from verism.verdict import NO_MATCH

CHOICE = "Choose a colour with the palette button beside the photo: each has its region's number."

KEPT = "Painted in one photo alone, a number keeps the match that was found for it, also one that only one photo has: "
"""Prefix for the consequences for numbers with uncertain matches."""

NEW = "Number {} is a new region, of your own."

OBEYED = "A number that you paint in both photos is a match, however sure it was."

NO_MORE = "There is no further colour for a region of your own."

LABELS: Mapping[Role, str] = {"content": "Your photo", "style": "Style photo"}

BEGIN: Mapping[Role, str] = {"content": "Paint over your photo", "style": "Paint over the style photo"}
"""Labels of the buttons that start painting."""

STYLED = "This is painted over one style photo, and there are several: give one of them alone."


def none() -> tuple[Any, Any, str]:
    """Return updates that remove the easel."""
    # The style sheet hides the editor together with its button.
    return gr.skip(), gr.Button(visible=False), ""


def begin(session: Session, brush: str = "", role: Role = "content") -> tuple[Any, Any, str]:
    """Return updates for an easel with a photo, a brush with the region colours, and the text about them.

    Args:
        session: the session that the photo belongs to.
        brush: label of the region whose colour the user painted with last. Empty if none was selected.
        role: which of the two photos.

    Raises:
        VerismError: if there are no regions, or there are several style photos to paint over.
    """
    regions, fitted, numbers = session.divided, session.fitted, session.numbers
    if role == "style" and len(fitted.styles) > 1:
        raise VerismError(STYLED)
    session.easel = _of(session, role)
    photo, masks = (fitted.photo, regions.content) if role == "content" else (fitted.style, regions.style)
    new = session.new_label
    # The first region may only exist in the other photo.
    largest = regions.labels[int(seen(masks).argmax())]
    seen_now = {label: numbers[label] for label in regions.labels if label in numbers}
    colors = seen_now | ({} if new is None else {new: len(numbers) + 1})
    # Keep the last colour even for the other photo, because a region of one's own is painted in both.
    chosen = brush if brush in colors else largest
    palette = gr.Brush(
        colors=[(label, OPACITY) for label in colors],
        default_color=(chosen, OPACITY),
        color_mode="fixed",
        default_size=30,
    )
    value = {
        "background": images.to_levels(to_paint_over(photo, masks, regions, numbers)),
        "layers": [],
        "composite": None,
    }
    editor = gr.ImageEditor(value=value, brush=palette, label=LABELS[role], visible=True)
    return (
        editor,
        gr.Button(visible=True),
        _palette(list(colors.values()), _said(session, None if new is None else colors[new])) + _low(photo),
    )


def _low(photo: Tensor) -> str:
    """Return HTML that limits the height of the editor on a phone to what a wide photo needs."""
    height, width = photo.shape[-2:]
    fits = f"min(420px, calc((100vw - 5rem) * {height / width:.3f} + 6rem))"
    return f"<style>@media (max-width: 640px) {{ #editor {{ height: {fits} !important; }} }}</style>"


def _palette(numbers: Sequence[int], said: str) -> str:
    """Return HTML with the region numbers for the colours of the editor's brush, and the text about them."""
    rules = [
        f'#editor .swatch button:nth-child({place})::after {{ content: "{number}"; }}'
        for place, number in enumerate(numbers, start=1)
    ]
    return f"<style>{' '.join(rules)}</style><p>{said}</p>"


def _said(session: Session, new: int | None) -> str:
    """Describe what happens to strokes by number. Only strokes in both photos make a match more certain."""
    regions, is_one = session.divided, len(session.fitted.styles) == 1
    found = [
        (session.numbers[label], sure)
        for label, sure in zip(regions.labels, regions.sure.tolist(), strict=True)
        if label in session.numbers and label not in regions.added
    ]
    without = [number for number, sure in found if sure <= NO_MATCH]
    partly = [number for number, sure in found if NO_MATCH < sure < SURE]
    own = NO_MORE if new is None else NEW.format(new)
    return " ".join([CHOICE, *_kept(without, partly), own, *([OBEYED] if is_one else [])])


def _kept(without: Sequence[int], partly: Sequence[int]) -> list[str]:
    """Return a sentence about numbers without a match, and one about those with an uncertain match, if any."""
    said = []
    if without:
        verbs = ("has", "follows") if len(without) == 1 else ("have", "follow")
        said.append(f"{enumerated(without)} {verbs[0]} none, and {verbs[1]} the look of the whole photo")
    if partly:
        takes, is_unsure = ("takes its", "its match is") if len(partly) == 1 else ("take their", "their matches are")
        said.append(f"{enumerated(partly)} {takes} look from the style only in part, as {is_unsure} not quite sure")
    return [f"{KEPT}{'; '.join(said)}."] if said else []


def after_fit(session: Session) -> Any:
    """Return the update for the easel after a fit. It is removed if it was in use for another photo or regions."""
    regions = session.regions
    if session.easel is None or regions is None:
        session.easel = None
        return none()
    return (gr.skip(), gr.skip(), gr.skip()) if _fits_easel(session) else none()


def again(session: Session, brush: str = "") -> Any:
    """Return an easel with the photo and regions of a fit, if the user was painting over earlier ones.

    Args:
        session: the session that the easel belongs to.
        brush: as for ``begin``.
    """
    if session.easel is None or _fits_easel(session):
        return gr.skip()
    role = session.easel.role
    return begin(session, brush, role if len(session.fitted.styles) == 1 else "content")


def _fits_easel(session: Session) -> bool:
    return (
        session.regions is not None and session.easel is not None and session.easel == _of(session, session.easel.role)
    )


def _of(session: Session, role: Role) -> Easel:
    fitted = session.fitted
    photo = fitted.content if role == "content" else fitted.styles[0]
    return Easel(role, photo, session.divided.labels, session.corrections.strokes(role))


def take(session: Session, painted: Mapping[str, Any] | None) -> bool:
    """Apply any strokes on the easel before it is given another photo.

    Args:
        session: the session whose regions change.
        painted: value of the editor.

    Returns:
        Whether there were any strokes.
    """
    if session.easel is None or not _fits_easel(session):
        return False
    found = [layer for layer in (painted or {}).get("layers", []) if layer is not None]
    if not found or not np.array(found[-1])[..., 3].any():
        return False
    paint(session, painted)
    return True


def paint(session: Session, painted: Mapping[str, Any] | None) -> None:
    """Apply the strokes on the easel.

    Args:
        session: the session whose regions change.
        painted: value of the editor.

    Raises:
        VerismError: if nothing was painted, or the strokes are not over the photo.
    """
    found = painted or {}
    layers = [layer for layer in found.get("layers", []) if layer is not None]
    if not layers:
        raise VerismError("Nothing was painted: choose a region's colour, and paint where it should be.")
    strokes = images.from_levels(np.array(layers[-1]))
    role: Role = "content" if session.easel is None else session.easel.role
    photo = session.fitted.photo if role == "content" else session.fitted.style
    if found.get("background") is None or strokes.shape[-2:] != photo.shape[-2:]:
        # An empty canvas has another shape, so the positions in the photo are unknown.
        raise VerismError(f"This was not painted over the photo: press {BEGIN[role]}, and paint once more.")
    session.paint(strokes, role)
