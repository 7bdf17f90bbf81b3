"""The page: its elements, and the functions that answer their events."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from html import escape
from pathlib import Path
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

import gradio as gr
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from verism import photo_file
from verism.app import series
from verism.app.corrections import Corrections, shown
from verism.app.desk import Desk
from verism.app.legend import legend, seen
from verism.app.session import DROP, METHODS, NO_PHOTO, SLIDERS, Session
from verism.app.watch import StoppedError
from verism.atomic import free_name
from verism.errors import VerismError
from verism.look.picture import at_most
from verism.look.strength import Strength
from verism.page.result import jpeg
from verism.page.self_contained import data_uri

THUMBNAIL = 360
"""Long side of the thumbnails of the photos that were given, in pixels."""

NARROW, WIDE = 160, 700
"""Smallest width of a photo with its regions, in pixels, beside another and in a row of its own."""

CLOSE_MESSAGES = """() => {
  const close = ({ target }) => {
    if (!target.closest(".toast-body") && target.closest("button:not([role=tab]), [role=option], [type=file]")) {
      document.querySelectorAll("[data-testid=toast-close]").forEach((button) => button.click());
    }
  };
  for (const action of ["click", "change", "drop"]) document.addEventListener(action, close, true);
}"""
"""Script by which messages close when the user does the next thing: they are about what was done before."""

TO_PICTURE = """(photo, styles) => {
  if (!photo || !(styles || []).length) return;
  // The first time, it is only just being made visible.
  setTimeout(() => {
    const picture = document.querySelector("#picture"), top = picture?.getBoundingClientRect().top;
    if (top < 0 || top > innerHeight / 2) picture.scrollIntoView({ behavior: "smooth", block: "start" });
  }, 300);
}"""
"""Script that brings the picture into view, if it is out of it, as on a phone."""

TO_EDITOR = """() => setTimeout(
  () => document.querySelector("#editor")?.scrollIntoView({ behavior: "smooth", block: "nearest" }), 300
)"""
"""Script that brings what is painted over into view, once it is there."""

KEEP_PHOTO = """() => {
  let easel = null, strokes = 0;
  const count = (number) => {
    strokes = Math.max(number, 0);
    document.body.toggleAttribute("data-unpainted", strokes === 0);
  };
  const find = (selector) => document.querySelector(selector);
  const look = () => {
    // It was away, and has another photo.
    if (easel !== find("#use")) count(0);
    easel = find("#use");
  };
  document.addEventListener("pointerover", look, true);
  document.addEventListener("pointerdown", ({ target }) => {
    look();
    if (target.closest("#editor canvas") && !find("#editor [aria-label=Pan].highlight")) count(strokes + 1);
  }, true);
  document.addEventListener("click", (event) => {
    look();
    if (event.target.closest("#begin")) count(0);
    if (event.target.closest("#editor [aria-label=Redo]")) count(strokes + 1);
    if (!event.target.closest("#editor [aria-label=Undo]")) return;
    if (strokes === 0) event.stopPropagation();
    count(strokes - 1);
  }, true);
}"""
"""Script by which undoing ends with the strokes: to Gradio's editor, the photo is what was done before them, and would
be undone as well, and after that the strokes on the photo before it."""

KEEP_NUMBERS = """() => {
  const isNumber = (it) => it.matches?.("input[type=number]");
  const isOut = ({ validity }) => validity.rangeOverflow || validity.rangeUnderflow;
  const hasComma = (0.5).toLocaleString().includes(",");
  for (const action of ["input", "change"]) document.addEventListener(action, (event) => {
    const field = event.target;
    if (isNumber(field) && (field.value === "" || isOut(field))) event.stopPropagation();
  }, true);
  const settle = (field) => {
    if (field.value === "") field.value = field.closest(".block").querySelector("input[type=range]").value;
    else if (isOut(field)) {
      field.value = Math.min(Math.max(field.value, field.min), field.max);
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  };
  document.addEventListener("focusout", ({ target }) => { if (isNumber(target)) settle(target); }, true);
  document.addEventListener("keydown", ({ key, target }) => {
    if (key === "Enter" && isNumber(target)) settle(target);
  }, true);
  document.addEventListener("beforeinput", (event) => {
    if (hasComma || !isNumber(event.target) || !event.data?.includes(",")) return;
    event.preventDefault();
    document.execCommand("insertText", false, event.data.replace(",", "."));
  }, true);
}"""
"""Script that keeps what is no number of a slider's from Gradio, which would raise an error: while a number is typed,
its field is empty at times. A field that is left like that has the slider's number again; one with a number out of the
slider's range, its nearest bound. A comma is a decimal point, also where the browser's language has none."""

TAKE_DROPS = """() => {
  // Else the browser leaves this page, and opens the file.
  for (const action of ["dragover", "drop"]) document.addEventListener(action, (event) => event.preventDefault());
  document.addEventListener("drop", async (event) => {
    const box = event.target.closest("#photo, #styles, #others"), given = [...event.dataTransfer.files];
    const clear = box?.querySelector("button[aria-label=Clear]");
    // Gradio's element takes it as long as it is empty.
    if (!clear || !given.length) return;
    event.preventDefault();
    event.stopPropagation();
    const photos = new DataTransfer();
    for (const file of box.id === "photo" ? given.slice(0, 1) : given) photos.items.add(file);
    if (box.id === "photo") clear.click();
    for (let times = 0; times < 100 && !box.querySelector("input[type=file]"); times++) {
      await new Promise((done) => setTimeout(done, 50));
    }
    const field = box.querySelector("input[type=file]");
    if (!field) return;
    field.files = photos.files;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }, true);
}"""
"""Script by which a photo that is dropped where there is one already takes its place, or, where there may be several,
is added."""

TO_REPORT = "() => document.querySelector('#report')?.scrollIntoView({ behavior: 'smooth', block: 'nearest' })"
"""Script that brings the progress of a folder into view."""

SAVES = "saves"
"""Gradio's name for the events that write files, one at a time. They do not wait for what runs, after which another
picture would be shown than that for which they were asked."""

PRIVATE: Mapping[str, Any] = {"api_visibility": "private"}
"""Option of the events that only the page itself may trigger, which are all of them."""

ENDINGS: Mapping[str, str] = {
    "Like the photo": "",
    "JPEG": ".jpg",
    "PNG": ".png",
    "TIFF": ".tiff",
    "WebP": ".webp",
}

# Gradio applies rules within @media only below its own .contain, and all other rules both there and as they are.
CSS = """
.gradio-container { max-width: 1500px !important; margin: 0 auto; }
.gradio-container main, .gradio-container .contain { width: 100%; }
/* Names in full, on several lines if need be, instead of room for a size and ellipses. */
#photo .stem, #styles .stem { white-space: normal; overflow: visible; overflow-wrap: anywhere; }
#photo td.download, #styles td.download { width: 5rem; min-width: 5rem; }
/* The picture before stays in sight while the next is made. */
#picture [data-testid=status-tracker] {
  background: color-mix(in srgb, var(--block-background-fill) 55%, transparent) !important;
}
#picture [data-testid=status-tracker] :is(.progress-level-inner, .progress-text, .meta-text) {
  background: var(--block-background-fill);
}
/* White on white otherwise. */
input[type=range]::-webkit-slider-thumb { border: 2px solid var(--color-accent) !important; }
input[type=range]::-moz-range-thumb { border: 2px solid var(--color-accent) !important; }
#head h1 { font-size: 1.5rem; font-weight: 650; margin: 0; }
#head p { margin: 0.1rem 0 0; opacity: 0.75; }
#given { display: flex; flex-wrap: wrap; gap: 0.5rem; }
#given figure { margin: 0; flex: 1 1 40%; }
#given:has(figure:nth-child(3)) figure { flex-basis: 100%; }
#given img { width: 100%; max-height: 16rem; object-fit: cover; border-radius: 6px; display: block; }
#given figcaption { font-size: 0.8rem; opacity: 0.75; overflow-wrap: anywhere; }
#preview, #full { padding-inline: 0.5rem; white-space: nowrap; }
#caption { font-size: 0.9rem; opacity: 0.75; overflow-wrap: anywhere; }
#legend { display: grid; gap: 0.3rem; font-size: 0.9rem; }
#legend span { padding-left: 1.3em; text-indent: -1.3em; }
#legend i { display: inline-block; width: 0.9em; height: 0.9em; border-radius: 2px; vertical-align: -0.1em; }
#legend .out { opacity: 0.6; }
#legend .chosen { font-weight: 700; }
#mine img, #theirs img { cursor: pointer; }
/* Where there is no text yet, what tells of progress is laid over nothing. */
.progress:has([data-testid=status-tracker] .progress-text) { min-height: 6rem; }
#report, #report code { overflow-wrap: anywhere; white-space: normal; word-break: break-word; }
#editor { min-width: 0; max-width: 100%; overflow: hidden; }
/* Without its button it is not seen, but there: if it is removed while it gets ready, Gradio's editor fails, and
   nothing on the page changes any more. */
body:not(:has(#use)) #editor { display: none; }
[data-unpainted] #editor [aria-label=Undo] { opacity: 0.3; pointer-events: none; }
.gradio-container main { padding: clamp(0.5rem, 3vw, 2rem) !important; }
@media (max-width: 640px) {
  .column, .row, .tabs { min-width: 0 !important; max-width: calc(100vw - 1.5rem) !important; }
  .row { flex-wrap: wrap !important; }
  .row > .column { flex: 1 1 100% !important; }
  .block { max-width: 100% !important; }
  /* Without a width of its own, so that the page stays as wide as the screen; more than three can be scrolled. */
  #given { flex-wrap: nowrap; overflow-x: auto; width: 0; min-width: 100%; }
  #given figure, #given:has(figure:nth-child(3)) figure { flex: 1 0 calc(33% - 0.5rem); min-width: 0; }
  #given img { height: 5rem; }
  /* A slider to a row. */
  #strength, #colour, #tone { flex: 1 1 100% !important; }
}
"""

DRESS: Mapping[str, Any] = {
    # The system's fonts, so that none are downloaded.
    "theme": gr.themes.Default(
        primary_hue="teal",
        neutral_hue="zinc",
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
        radius_size="sm",
    ),
    "css": CSS,
}

HEAD = """<div id="head"><h1>verism</h1>
<p>One photo takes on the look of another. Photos stay on this computer.</p></div>"""

EMPTY = "Drop your photo and one whose look you like; a preview comes by itself."

STOPPING = "Stopping after this stage…"
"""Said from when the user has stopped what runs until it has ended: a step, or a photo of a folder, is finished."""


def build() -> gr.Blocks:
    """Return the page."""
    with gr.Blocks(title="verism", analytics_enabled=False, delete_cache=(3600, 86400)) as demo:
        session, desk = gr.State(Session()), Desk()
        gr.HTML(HEAD)
        with gr.Row():
            with gr.Column(scale=1, min_width=280):
                photo, styles, method, preview, full, stop = _asking()
                given = gr.HTML()
            with gr.Column(scale=3, min_width=300):
                picture = gr.ImageSlider(
                    label="Before and after",
                    interactive=False,
                    max_height=640,
                    buttons=["fullscreen"],
                    visible=False,
                    elem_id="picture",
                )
                caption = gr.HTML(elem_id="caption")
                with gr.Row(visible=False) as blending:
                    sliders = [
                        gr.Slider(0, 1, 1, step=0.01, label=label, elem_id=label.lower(), min_width=140)
                        for label in SLIDERS.values()
                    ]
                said = gr.Markdown(EMPTY, elem_id="said")
                with gr.Column(visible=False) as below, gr.Tabs():
                    with gr.Tab("Save"):
                        files, note = _save_tab(session, sliders)
                    with gr.Tab("Regions"):
                        regions = _regions_tab(session)
                    with gr.Tab("A folder"):
                        grading = _folder_tab(session, sliders)
                    with gr.Tab("Command line"):
                        command, mask = _command_tab()
        state = [stop, grading.stop, picture, blending, below, said]
        inputs = [session, photo, styles, method, *sliders]
        outputs = [picture, caption, said, command, mask, *regions.marked, *regions.easel, files, note, *grading.left]
        fits = {"inputs": inputs, "outputs": outputs, "show_progress_on": [picture]}
        quietly: dict[str, Any] = {"show_progress": "hidden", **PRIVATE}
        drops = [photo.upload, styles.upload, photo.clear, styles.clear, styles.delete]
        clicks = {"preview": ([preview.click, regions.again.click], _preview), "full": ([full.click], _full)}
        dropped = gr.on(drops, _guarded(_given), [session, photo, styles], [given, *regions.easel], **quietly)
        changed = method.input(functools.partial(Session.stop, for_other=True), [session], queue=False, **quietly)
        both = [photo, styles]
        runs = [
            _run(desk, [session, *both], state, DROP, first.then, _first_preview, fits) for first in (dropped, changed)
        ]
        for name, (triggers, function) in clicks.items():
            runs.append(_run(desk, [session, *both], state, name, functools.partial(gr.on, triggers), function, fits))
        blend = {"inputs": [session, *sliders], "outputs": [picture, command, note], **quietly}
        # Two at once could end in the wrong order.
        blend["concurrency_id"] = "blends"
        for begun, ended in runs:
            begun.then(None, both, js=TO_PICTURE, **quietly)
            # A run has the sliders as they were when it began.
            ended.then(_guarded(_blend, is_chained=True), trigger_mode="always_last", **blend)
            ended.then(_guarded(_easel_again, is_chained=True), [session], regions.easel, **quietly)
        for name, (button, function, options) in grading.events.items():
            begun, _ = _run(desk, [session], state, name, button.click, function, options)
            begun.then(None, js=TO_REPORT, **quietly)
        gr.on([stop.click, grading.stop.click], _stop, [session], state, queue=False, **quietly)
        gr.on(
            # Not their input, which the button beside each, that takes it back to 1, is not.
            [slider.change for slider in sliders],
            _guarded(_blend),
            trigger_mode="always_last",
            **blend,
        )
        _follow(demo, session)
    return demo


def _follow(demo: gr.Blocks, session: gr.State) -> None:
    """End what runs for a page when it is closed or loaded anew, and add the scripts to those that are opened."""
    opened: WeakValueDictionary[str, Session] = WeakValueDictionary()

    def came(it: Session, request: gr.Request) -> None:
        opened[str(request.session_hash)] = it

    def left(request: gr.Request) -> None:
        if (it := opened.get(str(request.session_hash))) is not None:
            it.stop()

    demo.load(came, [session], queue=False, **PRIVATE)
    demo.unload(left)
    for script in (CLOSE_MESSAGES, KEEP_NUMBERS, KEEP_PHOTO, TAKE_DROPS):
        demo.load(None, js=script, **PRIVATE)


def _asking() -> tuple[Any, ...]:
    """Return the elements for what is asked for: both kinds of photos, the method, and the buttons that do it."""
    photo = gr.File(label="Your photo", height=150, elem_id="photo")
    styles = gr.File(label="Style: one photo, or several", file_count="multiple", height=260, elem_id="styles")
    method = gr.Dropdown(list(METHODS), value=next(iter(METHODS)), label="Method", elem_id="method")
    with gr.Row():
        preview = gr.Button("Preview", min_width=110, elem_id="preview")
        full = gr.Button("Final quality", variant="primary", min_width=110, elem_id="full")
    stop = gr.Button("Stop", size="sm", interactive=False, elem_id="stop")
    return photo, styles, method, preview, full, stop


def _run(
    desk: Desk,
    needed: Sequence[Any],
    state: Sequence[Any],
    kind: str,
    on: Callable[..., Any],
    function: Callable[..., Any],
    options: Mapping[str, Any],
) -> tuple[Any, Any]:
    """Have an event do work that can be stopped, between two others that show that there is something to stop.

    Args:
        desk: where the work is done.
        needed: the session, and the fields without which there is nothing to do.
        state: the elements that ``_state`` updates.
        kind: names the work. Work that is asked for again before it has ended is not done again, except for ``DROP``:
            that is for other photos.
        on: takes the event's function.
        function: does the work.
        options: of the event that does the work.

    Returns:
        The event that comes before the work, and the work.
    """
    quietly: dict[str, Any] = {"queue": False, "show_progress": "hidden", **PRIVATE}
    is_first = kind == DROP
    mode = "multiple" if is_first else "once"
    begun = on(functools.partial(_begin, kind), needed, state, trigger_mode=mode, **quietly)
    ended = begun.then(
        _guarded(_in_turn(desk, kind, function), is_chained=is_first),
        # It waits at the desk, where it can say for what, and be stopped.
        concurrency_limit=None,
        trigger_mode=mode,
        **options,
        **PRIVATE,
    )
    ended.then(functools.partial(_end, kind), needed[:1], state, trigger_mode=mode, **quietly)
    return begun, ended


def _in_turn(desk: Desk, kind: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of an event that does nothing if, when its turn comes, other work has taken its place."""

    # Gradio looks for its parameters, of which one may be for the progress.
    @functools.wraps(function)
    def in_turn(session: Session, *args: Any) -> Any:
        told = gr.Progress()

        def wait(check: Callable[[], None]) -> AbstractContextManager[None]:
            return desk.place(session, lambda said: told(0, said), check)

        with session.turn(kind, wait) as is_due:
            return function(session, *args) if is_due else gr.skip()

    return in_turn


def _begin(kind: str, session: Session, *needed: Any) -> Any:
    if all(needed):
        session.begin(kind)
    return _state(session)


def _end(kind: str, session: Session) -> Any:
    session.end(kind)
    return _state(session)


def _state(session: Session) -> Any:
    """Return updates by which there is a button to stop what runs, and nothing empty is seen."""
    there, busy = session.shown is not None, session.is_busy
    stop = gr.Button(
        "Stopping…" if session.is_stopping else "Stop",
        interactive=busy and not session.is_stopping,
        variant="stop" if busy else "secondary",
    )
    said = STOPPING if session.is_stopping else session.said or EMPTY
    return stop, stop, gr.update(visible=there or busy), gr.update(visible=there), gr.update(visible=there), said


def _save_tab(session: Any, sliders: Sequence[Any]) -> tuple[Any, Any]:
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
    save.click(_guarded(_save_picture), [session, ending, *sliders], [files, note], **saving, **PRIVATE)
    for button, suffix in ((cube, ".cube"), (hald, ".png")):
        save_table = functools.partial(_save_table, suffix)
        button.click(_guarded(save_table), [session, *sliders], [files, note], **saving, **PRIVATE)
    return files, note


class _Regions(NamedTuple):
    """Elements of the tab with the regions.

    Attributes:
        again: the button that fits again.
        marked: what changes with the regions.
        easel: the editor, and the button that takes over what is painted in it.
    """

    again: Any
    marked: Sequence[Any]
    easel: Sequence[Any]


def _regions_tab(session: Any) -> _Regions:
    with gr.Row():
        mine, theirs = (
            gr.Image(label=label, interactive=False, height=300, buttons=["fullscreen"], visible=False, elem_id=name)
            for label, name in (("Your photo", "mine"), ("Style photo", "theirs"))
        )
    legend = gr.HTML(elem_id="regions")
    with gr.Column() as tools:
        gr.Markdown(
            "What has one colour here is graded together; the paler, the less sure it is that both photos show the "
            "same. Click regions in either photo, then merge them, or have them graded with the rest of your photo."
        )
        with gr.Row(equal_height=True):
            merge = gr.Button("Merge", min_width=100, elem_id="merge")
            leave_out = gr.Button("Grade with the rest", min_width=120, elem_id="leave_out")
            undo = gr.Button("As they were found", min_width=100)
            again = gr.Button("Preview with these", variant="primary", min_width=120, elem_id="again")
        with gr.Accordion("Draw", open=False):
            gr.Markdown("Paint over your photo in a region's colour; what you do not paint stays as it is.")
            begin = gr.Button("Begin", elem_id="begin")
            editor = gr.ImageEditor(
                label="Your photo",
                sources=[],
                transforms=[],
                layers=False,
                type="numpy",
                height=420,
                visible=False,
                elem_id="editor",
            )
            use = gr.Button("Use what is painted", visible=False, elem_id="use")
    marked = [mine, theirs, legend, tools]
    for image, choose in ((mine, _choose_mine), (theirs, _choose_theirs)):
        image.select(_guarded(choose), [session], marked, show_progress="hidden", **PRIVATE)
    for button, change in ((merge, Session.merge), (leave_out, Session.leave_out), (undo, Session.undo)):
        button.click(_guarded(functools.partial(_change, change)), [session], marked, show_progress="hidden", **PRIVATE)
    quickly: dict[str, Any] = {"queue": False, "show_progress": "hidden", **PRIVATE}
    # Also after the editor's bin, which removes the photo, too.
    begun = begin.click(_guarded(_begin_painting), [session], [editor, use], **quickly)
    begun.then(None, js=TO_EDITOR, show_progress="hidden", **PRIVATE)
    use.click(_guarded(_paint), [session, editor], marked, **PRIVATE)
    return _Regions(again, marked, [editor, use])


def _command_tab() -> tuple[Any, Any]:
    """Return the elements with the command, and with the file that it names besides the photos."""
    command = gr.Code(
        label="The same on the command line",
        language="shell",
        interactive=False,
        wrap_lines=True,
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


class _Grading(NamedTuple):
    """The tab that grades other photos.

    Attributes:
        stop: the button that stops what runs, beside those that begin it.
        events: the button, the function and the options of each event that grades photos, by its name.
        left: what is to go when there is another look: the choice of regions, the results, and what was said of them.
    """

    stop: Any
    events: Mapping[str, tuple[Any, Callable[..., Any], Mapping[str, Any]]]
    left: Sequence[Any]


def _folder_tab(session: Any, sliders: Sequence[Any]) -> _Grading:
    gr.Markdown("The look of the picture above on other photos, at the strength of the sliders.")
    adapt = gr.Checkbox(label="Treat each photo by its own regions (slower)")
    with gr.Row():
        with gr.Column():
            source = gr.Textbox(label="A folder on this computer", placeholder="/home/me/holiday", elem_id="folder")
            target = gr.Textbox(label="Folder for the results", placeholder="a new one next to it, holiday-graded")
            go = gr.Button("Grade the folder", variant="primary", elem_id="grade")
        with gr.Column():
            dropped = gr.File(label="Or some photos", file_count="multiple", height=150, elem_id="others")
            pack = gr.Button("Grade these, as a .zip", elem_id="pack")
            archive = gr.File(label="Results", interactive=False, height=100, visible=False, elem_id="archive")
    stop = gr.Button("Stop", size="sm", interactive=False, elem_id="stop_folder")
    report = gr.Markdown(elem_id="report", elem_classes="progress")
    for button in (go, pack):
        # What is said there is of what was done before.
        button.click(lambda: "", None, [report], queue=False, show_progress="hidden", **PRIVATE)
    shown_on = {"show_progress_on": [report]}
    events: dict[str, tuple[Any, Callable[..., Any], Mapping[str, Any]]] = {
        "folder": (
            go,
            _grade_folder,
            {"inputs": [session, source, target, adapt, *sliders], "outputs": [report], **shown_on},
        ),
        "files": (
            pack,
            _grade_files,
            {"inputs": [session, dropped, adapt, *sliders], "outputs": [archive, report], **shown_on},
        ),
    }
    return _Grading(stop, events, [adapt, archive, report])


def _guarded(function: Callable[..., Any], *, is_chained: bool = False) -> Callable[..., Any]:
    """Return a function whose ``VerismError`` becomes a message on the page, which otherwise stays as it is.

    Args:
        function: the function of an event.
        is_chained: whether another event of the same action of the user comes before, whose messages are not repeated.
    """

    @functools.wraps(function)
    def guarded(*args: Any) -> Any:
        session = next((it for it in args if isinstance(it, Session)), Session())
        if not is_chained:
            session.messages.clear()
        try:
            return function(*args)
        except StoppedError:
            if not session.is_replaced:
                still = "" if session.shown is None else f" The picture is still {session.shown.title}."
                _tell_once(session, escape(f"Stopped.{still}"), gr.Info, title="verism", duration=20)
        except VerismError as error:
            message = escape(_by_name(str(error), args))
            _tell_once(session, message, gr.Warning, title="That did not work", duration=None)
        return gr.skip()

    return guarded


def _tell_once(session: Session, message: str, tell: Callable[..., Any], **options: Any) -> None:
    if message not in session.messages:
        session.messages.append(message)
        tell(message, **options)


def _by_name(message: str, args: Sequence[Any]) -> str:
    """Return a message with the names of the files among an event's arguments in place of their temporary paths."""
    for arg in args:
        for file in [arg] if isinstance(arg, str) else arg if isinstance(arg, list) else []:
            # Unlike Path's, this is False for what is no possible path, such as a text that is too long for one.
            if isinstance(file, str) and os.path.isfile(file):  # noqa: PTH113
                message = message.replace(file, Path(file).name)
    return message


def _given(session: Session, photo: str | None, styles: Sequence[str] | None) -> Any:
    """Return HTML that shows the photos as they are read, and no easel; stop the work on earlier photos.

    An easel that was in use is there again, with the new photo, as soon as that has regions.
    """
    session.stop(for_other=True)
    if session.easel is not None:
        session.easel = NO_PHOTO
    figures = [_thumbnail(Path(file)) for file in (*([photo] if photo else []), *(styles or []))]
    html = f'<div id="given">{"".join(figures)}</div>' if figures else ""
    return html, *_no_easel()


def _thumbnail(file: Path) -> str:
    image = at_most(photo_file.read(file, least=THUMBNAIL), THUMBNAIL).pixels
    source, name = data_uri("image/jpeg", jpeg(image)), escape(file.name)
    return f'<figure><img src="{source}" alt="{name}"><figcaption>{name}</figcaption></figure>'


def _first_preview(
    session: Session,
    photo: str | None,
    styles: Sequence[str] | None,
    method: str,
    *strength: float,
    progress: Any = gr.Progress(),  # noqa: B008  # Gradio looks for this default.
) -> Any:
    if not (photo and styles):
        return gr.skip()
    return _preview(session, photo, styles, method, *strength, progress=progress)


def _preview(
    session: Session,
    photo: str | None,
    styles: Sequence[str] | None,
    method: str,
    *strength: float,
    progress: Any = gr.Progress(),  # noqa: B008
) -> Any:
    return _fit(session, photo, styles, method, strength, progress, preview=True)


def _full(
    session: Session,
    photo: str | None,
    styles: Sequence[str] | None,
    method: str,
    *strength: float,
    progress: Any = gr.Progress(),  # noqa: B008
) -> Any:
    return _fit(session, photo, styles, method, strength, progress, preview=False)


def _fit(
    session: Session,
    photo: str | None,
    styles: Sequence[str] | None,
    method: str,
    strength: Sequence[float],
    progress: Any,
    *,
    preview: bool,
) -> Any:
    shown = session.fit(
        Path(photo) if photo else None, list(map(Path, styles or [])), METHODS[method], progress, preview=preview
    )
    if preview:
        sentences = ["This is a preview; Final quality does it thoroughly. Save gives the picture at full size."]
    else:
        progress(1, "Measuring the result")
        sentences = ["Of the whole look, with every slider at 1:", *shown.sentences()]
    command = session.command(Strength(*strength))
    session.said = "\n\n".join([*shown.warnings, *sentences])
    mask = None if shown.corrections.mask is None else str(shown.corrections.mask)
    divided = session.regions is not None
    graded = gr.Checkbox(value=False, visible=divided), gr.File(value=None, visible=False), ""
    regions = *_marked(session), *_easel(session)
    return (
        *(_pictures(session, strength), escape(shown.title), session.said),
        *(gr.Code(value=command, visible=True), gr.File(value=mask, visible=mask is not None)),
        *regions,
        *(_offered(session), ""),
        *graded,
    )


def _stop(session: Session) -> Any:
    session.stop()
    return _state(session)


def _blend(session: Session, *strength: float) -> Any:
    if session.shown is None:
        return gr.skip()
    # What was said of a table was about the picture before.
    return _pictures(session, strength), session.command(Strength(*strength)), ""


def _pictures(session: Session, strength: Sequence[float]) -> tuple[str, str]:
    photo, result = session.fitted.photo, session.seen(Strength(*strength))
    return str(session.draw(photo)), str(session.draw(result))


def _levels(image: Tensor) -> NDArray[Any]:
    """Return an image ``(1, 3, H, W)``, RGB in [0, 1], as ``(H, W, 3)`` uint8."""
    levels: NDArray[Any] = (image[0].clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
    return levels


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
    return _offered(session)


def _offered(session: Session) -> Any:
    """Return the files that the page offers."""
    return gr.File(value=[str(file) for file in session.saved], visible=bool(session.saved))


def _grade_folder(
    session: Session,
    source: str,
    target: str,
    adapt: bool,
    *strength: float,
    progress: Any = gr.Progress(),  # noqa: B008
) -> str:
    if not source.strip():
        raise VerismError("Type the path of a folder of photos first.")
    found = series.photos_in(source)
    own = Path(source).expanduser()
    folder = Path(target).expanduser() if target.strip() else own.with_name(f"{own.name}-graded")
    graded = session.grade(found.files, folder, Strength(*strength), progress, adapt=adapt)
    left_out = f"{found.said()}.\n\n" if found.said() else ""
    return left_out + _paragraphs(graded, f"`{folder}`")


def _grade_files(
    session: Session,
    files: Sequence[str] | None,
    adapt: bool,
    *strength: float,
    progress: Any = gr.Progress(),  # noqa: B008
) -> tuple[Any, str]:
    if not files:
        raise VerismError("Drop some photos first.")
    folder = free_name(session.folder / "graded")
    found = session.grade(list(map(Path, files)), folder, Strength(*strength), progress, adapt=adapt)
    archive = str(series.pack(found.files, folder.with_suffix(".zip"))) if found.files else None
    report = _by_name(_paragraphs(found, "the .zip file"), [files])
    return gr.File(value=archive, visible=bool(archive)), report


def _paragraphs(outcome: series.FolderOutcome, where: str) -> str:
    """Return the outcome in words, as Markdown: a paragraph for each line."""
    return outcome.said(where).replace("\n", "\n\n")


def _marked(session: Session) -> tuple[Any, Any, str, Any]:
    """Return both photos under the colours of their regions, a legend, and what there is to do with regions."""
    regions = session.regions
    if regions is None:
        none = gr.Image(value=None, visible=False)
        found = session.fitted.run.model.regions
        said = "This method uses no regions." if found is None else "The photos are compared as a whole."
        return none, none, f"<p>{said}</p>", gr.update(visible=False)
    fitted = session.fitted
    mine, theirs = (
        gr.Image(value=str(session.draw(picture)), visible=True, min_width=width)
        for picture, width in (
            (shown(fitted.photo, regions.content, regions, session.chosen), NARROW),
            # Several side by side get a row of their own.
            (
                fitted.apart(shown(fitted.style, regions.style, regions, session.chosen)),
                NARROW if len(fitted.styles) == 1 else WIDE,
            ),
        )
    )
    entries = []
    for label, words in legend(regions, session.corrections.left_out).items():
        out = label in session.corrections.left_out
        kind = " ".join(name for name, holds in (("out", out), ("chosen", label in session.chosen)) if holds)
        entries.append(f'<span class="{kind}"><i style="background:{label}"></i> {words}</span>')
    pending = ""
    if session.corrections != fitted.corrections:
        pending = "<span>Corrected, but not in the picture yet: Preview with these.</span>"
    elif session.corrections != Corrections():
        pending = "<span>Corrected.</span>"
    return mine, theirs, f'<div id="legend">{"".join(entries)}{pending}</div>', gr.update(visible=True)


def _choose_mine(session: Session, event: gr.SelectData) -> Any:
    return _choose(session, session.fitted.photo, event, content=True)


def _choose_theirs(session: Session, event: gr.SelectData) -> Any:
    return _choose(session, session.fitted.style, event, content=False)


def _choose(session: Session, photo: Tensor, event: gr.SelectData, *, content: bool) -> Any:
    x, y = event.index
    height, width = photo.shape[-2:]
    session.choose((x / width, y / height), content=content)
    return _marked(session)


def _change(change: Callable[[Session], None], session: Session) -> Any:
    change(session)
    return _marked(session)


def _no_easel() -> tuple[Any, Any]:
    # The style sheet hides the editor with its button.
    return gr.skip(), gr.Button(visible=False)


def _begin_painting(session: Session) -> Any:
    """Return an easel with the photo, and with a brush that has the colours of the regions."""
    regions = session.divided
    session.easel = (session.fitted.content, regions.labels)
    # The first may be a region of the style photo alone.
    largest = regions.labels[int(seen(regions.content).argmax())]
    brush = gr.Brush(colors=list(regions.labels), default_color=largest, color_mode="fixed", default_size=30)
    value = {
        "background": _levels(shown(session.fitted.photo, regions.content, regions, ())),
        "layers": [],
        "composite": None,
    }
    return gr.ImageEditor(value=value, brush=brush, visible=True), gr.Button(visible=True)


def _easel(session: Session) -> Any:
    """Return the easel after a fit: as it is, or none if it was in use with another photo or other regions."""
    regions = session.regions
    if session.easel is None or regions is None:
        session.easel = None
        return _no_easel()
    return (gr.skip(), gr.skip()) if _fits_easel(session) else _no_easel()


def _easel_again(session: Session) -> Any:
    """Return an easel with the photo and regions of a fit, if the user was painting over others before."""
    return gr.skip() if session.easel is None or _fits_easel(session) else _begin_painting(session)


def _fits_easel(session: Session) -> bool:
    return session.regions is not None and session.easel == (session.fitted.content, session.regions.labels)


def _paint(session: Session, painted: Mapping[str, Any] | None) -> Any:
    found = painted or {}
    layers = [layer for layer in found.get("layers", []) if layer is not None]
    if not layers:
        raise VerismError("Nothing was painted: choose a region's colour, and paint where it should be.")
    strokes = torch.from_numpy(np.array(layers[-1])).permute(2, 0, 1).unsqueeze(0).float() / 255
    if found.get("background") is None or strokes.shape[-2:] != session.fitted.photo.shape[-2:]:
        # On an empty canvas, which is of another shape, nobody can know where in the photo this was meant to be.
        raise VerismError("This was not painted over your photo: press Begin, and paint once more.")
    session.paint(strokes)
    return _marked(session)
