"""The tab that applies the look to other photos."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr

from verism.app import series
from verism.app.elsewhere import on_the_page
from verism.app.events import PRIVATE, by_name, guarded
from verism.app.session import Session
from verism.atomic import free_name
from verism.errors import VerismError
from verism.look.strength import Strength

BEGINNING = "Looking through the photos"
"""Status before the first photo is graded."""

ABOUT = "The look of the picture above on other photos, at the strength of the sliders."
"""Description shown before photos are graded."""

WEAKER = (
    "A look with regions is made for the colours of your photo: the less another photo has of them, the weaker it is "
    "there, against colour casts and blotches. Below each result is how much of the look it has."
)
"""Note on looks that are not tables."""

EVERY_S = 1
"""Interval, in seconds, at which the shown progress is updated."""

MOST = 60
"""Maximum number of results shown. All results are written."""


class FolderTab(NamedTuple):
    """The tab that grades other photos.

    Attributes:
        about: the description of what happens to other photos.
        stop: the stop button beside the buttons that start the work.
        events: the button, function and options of each event that grades photos, by name.
        adapt: the option to treat each photo by its own regions, for looks with regions.
        whole: the option not to weaken the look on other colours, for looks with regions.
        results: the gallery of results.
        archive: the files of the results.
        clock: the timer that updates both while the work runs.
    """

    about: Any
    stop: Any
    events: Mapping[str, tuple[Any, Callable[..., Any], Mapping[str, Any]]]
    adapt: Any
    whole: Any
    results: Any
    archive: Any
    clock: Any


def build(session: Any, sliders: Sequence[Any]) -> FolderTab:
    """Build the elements of the tab, and return those that other tabs need."""
    about = gr.Markdown(ABOUT)
    with gr.Row(equal_height=True):
        adapt = gr.Checkbox(
            label=f"{series.ADAPT} (slower)",
            info="Matches each photo with the style photo anew, such as its own sky with the sky there",
            min_width=260,
            elem_id="adapt",
        )
        whole = gr.Checkbox(
            label=series.FULL_LOOK,
            info="Not weaker on colours that your photo lacks, at the risk of colour casts and blotches",
            min_width=260,
            elem_id="whole",
        )
    with gr.Row():
        with gr.Column():
            dropped = gr.File(label="Other photos", file_count="multiple", height=150, elem_id="others")
            chosen = gr.UploadButton("Choose a folder", file_count="directory", size="sm", elem_id="choose")
            pack = gr.Button("Grade these: a .zip to download", variant="primary", elem_id="pack")
        with gr.Column():
            source = gr.Textbox(label="Or type a folder's path", placeholder="/home/me/holiday", elem_id="folder")
            target = gr.Textbox(label="Folder for the results", placeholder="a new one next to it, holiday-graded")
            go = gr.Button("Grade that folder", elem_id="grade")
    stop = gr.Button("Stop", size="sm", visible=False, elem_id="stop_folder")
    report = gr.Markdown(elem_id="report", elem_classes="progress")
    results = gr.Gallery(
        label="Results",
        interactive=False,
        columns=3,
        fit_columns=False,
        height="auto",
        object_fit="contain",
        buttons=["fullscreen"],
        visible=False,
        elem_id="results",
    )
    archive = gr.File(
        label="Results as files, all in the .zip and each: click a name to download",
        file_count="multiple",
        interactive=False,
        height=200,
        visible=False,
        elem_id="archive",
    )
    clock = gr.Timer(EVERY_S, active=False)
    clock.tick(shown, [session], [results, archive], queue=False, show_progress="hidden", **PRIVATE)
    chosen.upload(guarded(_photos_of), [chosen], [dropped, report], show_progress_on=[dropped], **PRIVATE)
    for button in (go, pack):
        # The old report is about the previous work.
        button.click(lambda: "", None, [report], queue=False, show_progress="hidden", **PRIVATE)
    shown_on = {"show_progress_on": [report]}
    events: dict[str, tuple[Any, Callable[..., Any], Mapping[str, Any]]] = {
        "folder": (
            go,
            _grade_folder,
            {"inputs": [session, source, target, adapt, whole, *sliders], "outputs": [report], **shown_on},
        ),
        "files": (
            pack,
            _grade_files,
            {"inputs": [session, dropped, adapt, whole, *sliders], "outputs": [report], **shown_on},
        ),
    }
    return FolderTab(about, stop, events, adapt, whole, results, archive, clock)


def _photos_of(files: Sequence[str]) -> tuple[list[str], str]:
    """Return the photos among the files of a folder, and a text about the files that are left out."""
    found = series.photos_among(list(map(Path, files)))
    return list(map(str, found.files)), found.said()


def _grade_folder(
    session: Session,
    source: str,
    target: str,
    adapt: bool,
    whole: bool,
    *strength: float,
    progress: Any = gr.Progress(),  # noqa: B008
) -> str:
    if not source.strip():
        raise VerismError("Type the path of a folder of photos first.")
    progress(0, BEGINNING)
    found = series.photos_in(source)
    own = Path(source).expanduser()
    folder = Path(target).expanduser() if target.strip() else own.with_name(f"{own.name}-graded")
    graded = session.grade(found.files, folder, Strength(*strength), progress, adapt=adapt, hold_back=not whole)
    left_out = f"{found.said()}.\n\n" if found.said() else ""
    return left_out + _paragraphs(graded, f"`{folder}`")


def _grade_files(
    session: Session,
    files: Sequence[str] | None,
    adapt: bool,
    whole: bool,
    *strength: float,
    progress: Any = gr.Progress(),  # noqa: B008
) -> str:
    if not files:
        raise VerismError("Drop some photos, or choose a folder, first.")
    progress(0, BEGINNING)
    folder = free_name(session.folder / "graded")
    found = session.grade(
        list(map(Path, files)), folder, Strength(*strength), progress, adapt=adapt, hold_back=not whole
    )
    # Otherwise, the results of the previous folder stay.
    if found.files:
        session.packed = [series.pack(found.files, folder.with_suffix(".zip")), *found.files]
    return by_name(_paragraphs(found, "the .zip file"), [files])


def after_fit(session: Session) -> tuple[str, Any, Any]:
    """Return the description shown before photos are graded, and the options that the look of a new picture allows."""
    # A table treats all photos the same.
    is_table = session.fitted.run.look.canvas.by_color_alone
    adapt, whole = (
        gr.Checkbox(visible=True) if can else gr.Checkbox(value=False, visible=False)
        for can in (session.regions is not None and not is_table, not is_table)
    )
    return ABOUT if is_table else f"{ABOUT} {WEAKER}", adapt, whole


def begin(session: Session) -> tuple[Any, Any, Any]:
    """Return the current results, no files (the old ones could be mistaken for the new), and a running timer."""
    session.put_aside, session.packed = session.packed, []
    return *shown(session), gr.Timer(active=True)


def end(session: Session) -> tuple[Any, Any, Any]:
    """Return the results, their files, and a stopped timer. Without new results, the previous ones are back."""
    session.packed = session.packed or session.put_aside
    return *shown(session), gr.Timer(active=False)


def shown(session: Session) -> tuple[Any, Any]:
    """Return the results so far, and their files, leaving unchanged elements of the page alone."""
    return _pictures(session), _files(session)


def _pictures(session: Session) -> Any:
    if session.results_shown == len(session.results):
        return gr.skip()
    session.results_shown = len(session.results)
    last = session.results[-MOST:]
    of_all = "" if len(last) == len(session.results) else f", the last {MOST} of {len(session.results)}"
    return gr.Gallery(
        value=[(str(path), name) for path, name in last],
        label=f"Results in the look of {session.results_look}{of_all}: click one to enlarge it",
        visible=bool(last),
    )


def _files(session: Session) -> Any:
    if session.packed_shown == session.packed:
        return gr.skip()
    session.packed_shown = session.packed
    return gr.File(value=[str(path) for path in session.packed] or None, visible=bool(session.packed))


def _paragraphs(outcome: series.FolderOutcome, where: str) -> str:
    """Format the outcome as Markdown, with a paragraph for each line."""
    return on_the_page(outcome.said(where)).replace("\n", "\n\n")
