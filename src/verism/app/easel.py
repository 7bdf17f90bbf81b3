"""The easel: Gradio's editor, in which the user paints over their photo in the colours of its regions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from verism.app.corrections import shown
from verism.app.legend import seen
from verism.app.session import Session
from verism.errors import VerismError


def none() -> tuple[Any, Any]:
    """Return no easel."""
    # The style sheet hides the editor with its button.
    return gr.skip(), gr.Button(visible=False)


def begin(session: Session) -> Any:
    """Return an easel with the photo, and with a brush that has the colours of the regions."""
    regions = session.divided
    session.easel = (session.fitted.content, regions.labels)
    # The first may be a region of the style photo alone.
    largest = regions.labels[int(seen(regions.content).argmax())]
    brush = gr.Brush(colors=list(regions.labels), default_color=largest, color_mode="fixed", default_size=30)
    value = {
        "background": _levels(shown(session.fitted.photo, regions.content, regions, (), session.numbers)),
        "layers": [],
        "composite": None,
    }
    return gr.ImageEditor(value=value, brush=brush, visible=True), gr.Button(visible=True)


def after_fit(session: Session) -> Any:
    """Return the easel after a fit: as it is, or none if it was in use with another photo or other regions."""
    regions = session.regions
    if session.easel is None or regions is None:
        session.easel = None
        return none()
    return (gr.skip(), gr.skip()) if _fits_easel(session) else none()


def again(session: Session) -> Any:
    """Return an easel with the photo and regions of a fit, if the user was painting over others before."""
    return gr.skip() if session.easel is None or _fits_easel(session) else begin(session)


def _fits_easel(session: Session) -> bool:
    return session.regions is not None and session.easel == (session.fitted.content, session.regions.labels)


def paint(session: Session, painted: Mapping[str, Any] | None) -> None:
    """Take over what is painted.

    Args:
        session: whose regions it changes.
        painted: the editor's value.

    Raises:
        VerismError: nothing was painted, or not over the photo.
    """
    found = painted or {}
    layers = [layer for layer in found.get("layers", []) if layer is not None]
    if not layers:
        raise VerismError("Nothing was painted: choose a region's colour, and paint where it should be.")
    strokes = torch.from_numpy(np.array(layers[-1])).permute(2, 0, 1).unsqueeze(0).float() / 255
    if found.get("background") is None or strokes.shape[-2:] != session.fitted.photo.shape[-2:]:
        # On an empty canvas, which is of another shape, nobody can know where in the photo this was meant to be.
        raise VerismError("This was not painted over your photo: press Begin, and paint once more.")
    session.paint(strokes)


def _levels(image: Tensor) -> NDArray[Any]:
    """Return an image ``(1, 3, H, W)``, RGB in [0, 1], as ``(H, W, 3)`` uint8."""
    levels: NDArray[Any] = (image[0].clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
    return levels
