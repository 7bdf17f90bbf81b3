"""The view of a picture: the whole or a part of it, before and after, with or without marks."""

from __future__ import annotations

from typing import Any, NamedTuple

import gradio as gr
from torch import Tensor

from verism.app import clipping
from verism.app.part import framed, overview, part_at, room_of
from verism.app.save_tab import SRGB
from verism.app.session import Session
from verism.look.strength import Strength

BEFORE_AND_AFTER = "Before and after"
"""Heading of the pictures under the divider."""


class View(NamedTuple):
    """What the user wants to see of a picture: the values of the elements below it.

    Attributes:
        strength: overall strength of the look.
        color: strength of its colour.
        tone: strength of its tone.
        marks: whether newly clipped areas are marked.
        earlier: whether it is compared with the picture from before the regions were changed.
        space: the colour space of its file.
        close: whether a part of it is shown at full size.
        room: the space available for that part, as for ``room_of``.
    """

    strength: float
    color: float
    tone: float
    marks: bool
    earlier: bool
    space: str = SRGB
    close: bool = False
    room: str = ""

    @property
    def blend(self) -> Strength:
        """The strength of the three sliders."""
        return Strength(self.strength, self.color, self.tone)


def _unlike(session: Session) -> str:
    """Say that the pictures before and after were made in different ways, if so."""
    earlier, is_preview = session.earlier, session.fitted.preview
    if earlier is None or earlier.preview == is_preview:
        return ""
    before, after = ("in final quality", "a preview") if is_preview else ("a preview", "in final quality")
    return f": before is {before}, after is {after}"


def pictures(session: Session, view: View) -> tuple[Any, str, str, Any]:
    """Return the pictures under the divider, the one after alone, and a text about what is newly clipped in it.

    If they are a part of the picture, the last element is an overview that shows its position.
    """
    photo, result = session.fitted.photo, session.seen(view.blend)
    is_earlier = view.earlier and session.earlier is not None
    after = str(session.draw(clipping.marked(result, photo) if view.marks else result))
    said = clipping.said(result, photo, marks=view.marks)
    if said not in ("", clipping.NOTHING):
        said = f"{said} {clipping.helps(session.fitted.image, photo, view.blend)}"
    if view.close:
        slider, place = _close(session, view, result)
        return slider, after, said, place
    label = f"{BEFORE_AND_AFTER} you changed the regions{_unlike(session)}" if is_earlier else BEFORE_AND_AFTER
    before = str(session.draw(session.before(view.blend, earlier=is_earlier)))
    return gr.ImageSlider(value=(before, after), label=label), after, said, gr.Image(value=None, visible=False)


def _close(session: Session, view: View, result: Tensor) -> tuple[Any, Any]:
    """Return a part of the pictures before and after at full size, and its position in the picture."""
    shape = session.fitted.shape
    room = room_of(view.room)
    part = part_at(shape, session.place, room)
    photo, look = session.fitted.parts(part)
    image = view.blend(photo, look)
    image = clipping.marked(image, photo) if view.marks else image
    files = tuple(str(session.draw(framed(it, room), exact=True)) for it in (photo, image))
    place = gr.Image(value=str(session.draw(overview(result, shape, part))), visible=True)
    own = ": before is your photo" if view.earlier and session.earlier is not None else ""
    return gr.ImageSlider(value=files, label=f"{BEFORE_AND_AFTER}, at 100%{own}"), place
