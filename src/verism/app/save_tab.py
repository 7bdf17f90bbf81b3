"""The tab that saves the picture, and its look as a table."""

from __future__ import annotations

import functools
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr
from PIL import ImageCms

from verism.app import scripts
from verism.app.command_line import Space
from verism.app.events import PRIVATE, guarded
from verism.app.session import Session
from verism.app.shown import TABLE_METHOD
from verism.app.work import ESCAPED, MARKDOWN
from verism.canvas import RegionalGrade
from verism.look import lut_file
from verism.look.strength import Strength

SAVES = "saves"
"""Concurrency group, in Gradio, of the events that write files, one at a time. They do not wait for running work, which
could replace the picture that they were requested for."""

ENDINGS: Mapping[str, str] = {
    "Like the photo": "",
    "JPEG": ".jpg",
    "PNG": ".png",
    "TIFF": ".tiff",
    "WebP": ".webp",
}

SRGB = "sRGB"

SPACES: Mapping[str, Space] = {SRGB: "srgb", "Like the photo": "keep"}
"""The colour spaces of a picture, with their names on the command line."""

ABOUT = (
    "The picture at full size, with the photo's metadata and depth; the look as a lookup table (LUT) for other "
    "programs: a .cube for darktable, DaVinci Resolve, Premiere and Final Cut, or a HaldCLUT, the same as a picture, "
    "for RawTherapee, darktable and GIMP."
)

TABLE_LIKE = "A LUT of this look makes the same of your photo in other programs as you see here."

TABLE_NEAR = (
    "A LUT treats the whole photo alike, and this look each region in its own way: in other programs, a LUT of it only "
    f"comes near what you see here. The method {TABLE_METHOD} finds a look that is a LUT, and so the same everywhere."
)

UNSEEN, PLAIN = (limit for limit, _ in lut_file.NOTICED[:2])
"""CIEDE2000 differences below which a difference is hardly visible, and from which it is plainly visible."""


OF_PREVIEW = "Final quality takes longer over the look, which comes out nearly the same: press it, and save again."
"""Note on a file saved before the full run was made."""

STALE = "The photos or the method have changed since: Preview and Final quality make another picture than that."
"""Note, in place of ``OF_PREVIEW``, on a file saved after the photos or the method have changed."""


class SaveTab(NamedTuple):
    """Elements of the save tab.

    Attributes:
        files: the saved files.
        note: the note on the last file; for each file, the picture it belongs to, and how close a table comes to it.
        about: the description of what a table of the look can do.
        space: the colour space of a picture.
    """

    files: Any
    note: Any
    about: Any
    space: Any


def build(session: Any, sliders: Sequence[Any]) -> SaveTab:
    """Build the elements of the tab, and return those that other tabs need."""
    gr.Markdown(ABOUT)
    with gr.Row():
        ending = gr.Dropdown(
            list(ENDINGS),
            value="Like the photo",
            label="Format of the picture",
            info="Like the photo: its own kind of file, or JPEG instead of a raw file",
            min_width=200,
            elem_id="ending",
        )
        # A second drop-down list beside the first would open when the keyboard leaves the first.
        space = gr.Radio(
            list(SPACES), value=SRGB, label="Colour space of the picture", info=" ", min_width=200, elem_id="space"
        )
    with gr.Row():
        save = gr.Button("Save the picture", variant="primary", min_width=150, elem_id="save")
        cube = gr.Button("Save a LUT (.cube)", min_width=150, elem_id="cube")
        hald = gr.Button("Save a HaldCLUT (.png)", min_width=150, elem_id="hald")
    about = gr.Markdown(elem_id="about_table")
    files = gr.File(
        label="In your browser's downloads, the newest first: click a name to download it again",
        file_count="multiple",
        interactive=False,
        height=200,
        visible=False,
        elem_id="files",
    )
    note = gr.Markdown(elem_id="note", elem_classes="progress")
    # Name of the file that the browser has yet to download. Empty if the file could not be written.
    due = gr.Textbox(label="To be downloaded", visible="hidden", elem_id="due")
    saving = {"concurrency_id": SAVES, "concurrency_limit": 1, "show_progress_on": [note]}
    outputs = [files, note, due]
    saves = [save.click(guarded(_save_picture), [session, ending, space, *sliders], outputs, **saving, **PRIVATE)]
    for button, suffix in ((cube, ".cube"), (hald, ".png")):
        save_table = functools.partial(_save_table, suffix)
        saves.append(button.click(guarded(save_table), [session, *sliders], outputs, **saving, **PRIVATE))
    for saved in saves:
        saved.then(None, [due], [due], js=scripts.DOWNLOAD, queue=False, show_progress="hidden", **PRIVATE)
    return SaveTab(files, note, about, space)


def _save_picture(session: Session, ending: str, space: str, *strength: float) -> tuple[Any, str, str]:
    about, hint = session.fitted.caption, _hint(session)
    named = _space_of(session)
    if named:
        about = f"{about}, in {named if SPACES[space] == 'keep' else SRGB}"
    path = session.save_picture(Strength(*strength), ENDINGS[ending], SPACES[space])
    return _offer(session, path, about), _note(session, hint), path.name


def _save_table(ending: str, session: Session, *strength: float) -> tuple[Any, str, str]:
    about, hint = session.fitted.caption, _hint(session)
    path, deviation = session.save_table(Strength(*strength), ending)
    return _offer(session, path, f"the look of {about}; {said_of(deviation.most)}"), _note(session, hint), path.name


def _hint(session: Session) -> str:
    """Return the note on the picture that a file written now belongs to."""
    return STALE if session.is_stale else OF_PREVIEW if session.fitted.preview else ""


def _note(session: Session, said: str) -> str:
    """Return, as Markdown, the note on the last saved file, and the picture that each file belongs to."""
    return "\n\n".join(filter(None, [MARKDOWN.sub(ESCAPED, said), listed(session)]))


def listed(session: Session) -> str:
    """Return, as Markdown, the picture that each saved file belongs to, newest first. Empty if there are no files."""
    return "\n".join(f"- {MARKDOWN.sub(ESCAPED, f'{path.name}: {session.saved[path]}')}." for path in session.saved)


def said_of(difference: float) -> str:
    """Describe in a photographer's words how a table differs from the picture. Remedies are listed above it.

    Args:
        difference: 95th percentile of the CIEDE2000 differences of the pixels.
    """
    if difference < UNSEEN:
        return "side by side, one hardly sees a difference from that picture"
    seen = "a little" if difference < PLAIN else "plainly"
    return f"side by side with that picture, parts of the photo differ {seen}"


def _offer(session: Session, path: Path, about: str) -> Any:
    """Put a file, with its description, before the files that the page offers, and return all of them."""
    session.saved = {path: about, **{other: words for other, words in session.saved.items() if other != path}}
    return offered(session)


def after_fit(session: Session) -> tuple[Any, str, str, Any]:
    """Return the contents of the tab for a new picture. Earlier files stay."""
    is_near = isinstance(session.fitted.run.look.canvas, RegionalGrade)
    named = _space_of(session)
    info = f"Your photo is in {named}; sRGB looks right everywhere" if named else "Your photo's own is sRGB, too"
    return offered(session), listed(session), TABLE_NEAR if is_near else TABLE_LIKE, gr.Radio(info=info)


def _space_of(session: Session) -> str:
    """Return the name of the colour space that files can share with the photo. Empty if that is sRGB."""
    profile = session.fitted.run.model.data.source.profile
    if not profile:
        return ""
    try:
        return (
            str(ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile))))
            .strip()
            .removeprefix("Compatible with ")
        )
    except ImageCms.PyCMSError:
        return "a colour space of its own"


def offered(session: Session) -> Any:
    """Return the files that the page offers."""
    return gr.File(value=[str(file) for file in session.saved], visible=bool(session.saved))
