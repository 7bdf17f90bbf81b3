"""The tab with the command that makes the same picture."""

from __future__ import annotations

from typing import Any

import gradio as gr


def build() -> tuple[Any, Any]:
    """Return the elements with the command, and with the file that it names besides the photos."""
    command = gr.Code(
        label="The same on the command line",
        language="shell",
        interactive=False,
        wrap_lines=True,
        lines=1,
        visible=False,
        elem_id="command",
    )
    mask = gr.File(
        label="The regions that you painted, for the command",
        interactive=False,
        height=100,
        visible=False,
        elem_id="mask",
    )
    return command, mask
