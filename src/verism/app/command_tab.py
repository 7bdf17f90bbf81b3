"""The tab that shows the command that makes the same picture."""

from __future__ import annotations

from typing import Any

import gradio as gr

from verism.app import regions_tab
from verism.app.session import Session
from verism.enumeration import enumerated
from verism.regions.colors import name_of

OF_THE_PICTURE = "The command makes the picture that is shown, without what you have changed since in the regions."


def build() -> tuple[Any, Any, Any]:
    """Return the elements for the command, the text about it, and the file that it needs besides the photos."""
    command = gr.Code(
        label="The same on the command line",
        language="shell",
        interactive=False,
        wrap_lines=True,
        lines=1,
        visible=False,
        elem_id="command",
    )
    about = gr.Markdown(elem_id="about_command")
    mask = gr.File(
        label="The regions that you painted, for the command",
        file_count="multiple",
        interactive=False,
        visible=False,
        elem_id="mask",
    )
    return command, about, mask


def about(session: Session) -> str:
    """Describe the command: which regions it refers to by colour, and what it does not include yet."""
    if session.shown is None or session.regions is None:
        return ""
    made = session.shown.corrections
    labels = {*made.left_out, *made.kept, *(label for group in made.merged for label in group)}
    named = [f"{name_of(label)} is region {number}" for label, number in session.numbers.items() if label in labels]
    parts = [f"In the command, {enumerated(named)}."] if named else []
    return "\n\n".join([*parts, *([OF_THE_PICTURE] if regions_tab.corrected(session) else [])])
