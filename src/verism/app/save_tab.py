"""The tab that saves: the picture, and its look as a table."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from verism.app.events import PRIVATE, guarded
from verism.app.session import Session
from verism.look.strength import Strength

SAVES = "saves"
"""Gradio's name for the events that write files, one at a time. They do not wait for what runs, after which another
picture would be shown than that for which they were asked."""

ENDINGS: Mapping[str, str] = {
    "Like the photo": "",
    "JPEG": ".jpg",
    "PNG": ".png",
    "TIFF": ".tiff",
    "WebP": ".webp",
}


def build(session: Any, sliders: Sequence[Any]) -> tuple[Any, Any]:
    """Return the element with the files that were saved, and that with what is said of the last of them."""
    gr.Markdown(
        "The picture at full size, with the photo's metadata and depth; the look as a table for other programs."
    )
    ending = gr.Dropdown(list(ENDINGS), value="Like the photo", label="Format of the picture")
    with gr.Row():
        save = gr.Button("Picture", variant="primary", min_width=150, elem_id="save")
        cube = gr.Button("LUT (.cube)", min_width=150, elem_id="cube")
        hald = gr.Button("HaldCLUT (.png)", min_width=150, elem_id="hald")
    files = gr.File(
        label="Saved, the newest first: click a size to download",
        file_count="multiple",
        interactive=False,
        height=200,
        visible=False,
        elem_id="files",
    )
    note = gr.Markdown(elem_id="note", elem_classes="progress")
    saving = {"concurrency_id": SAVES, "concurrency_limit": 1, "show_progress_on": [note]}
    save.click(guarded(_save_picture), [session, ending, *sliders], [files, note], **saving, **PRIVATE)
    for button, suffix in ((cube, ".cube"), (hald, ".png")):
        save_table = functools.partial(_save_table, suffix)
        button.click(guarded(save_table), [session, *sliders], [files, note], **saving, **PRIVATE)
    return files, note


def _save_picture(session: Session, ending: str, *strength: float) -> tuple[Any, str]:
    path = session.save_picture(Strength(*strength), ENDINGS[ending])
    return _offer(session, path), ""


def _save_table(ending: str, session: Session, *strength: float) -> tuple[Any, str]:
    path, deviation = session.save_table(Strength(*strength), ending)
    return _offer(session, path), f"{path.name} differs from the picture by {deviation}."


def _offer(session: Session, path: Path) -> Any:
    """Put a file before those that the page offers already, and return all of them."""
    if path in session.saved:
        session.saved.remove(path)
    session.saved.insert(0, path)
    return offered(session)


def offered(session: Session) -> Any:
    """Return the files that the page offers."""
    return gr.File(value=[str(file) for file in session.saved], visible=bool(session.saved))
