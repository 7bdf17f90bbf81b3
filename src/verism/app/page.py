"""The page: its elements, and how a look is fitted to the photos dropped on it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

import gradio as gr

from verism import photo_file
from verism.app import command_tab, dress, easel, folder_tab, regions_tab, save_tab, scripts, work
from verism.app.checkerboard import over_checkerboard
from verism.app.desk import Desk
from verism.app.events import PRIVATE, by_name, guarded, warn
from verism.app.part import small
from verism.app.session import NO_PHOTO, Session
from verism.app.shown import ABOUT_METHODS, METHODS, SLIDERS
from verism.app.turns import DROP, FULL
from verism.app.view import BEFORE_AND_AFTER, View, pictures
from verism.app.weights import weights_of
from verism.errors import VerismError
from verism.look.picture import at_most
from verism.page.result import jpeg
from verism.page.self_contained import data_uri

THUMBNAIL = 360
"""Long side of the thumbnails of the given photos, in pixels."""


PREVIEWED = (
    "This is a preview. Final quality takes longer over the look, which comes out nearly the same, and says whether "
    "the picture has faults. Save gives either at full size."
)
"""Note on a picture that is a preview."""

INFO: Mapping[str, str] = {
    "strength": "0 is your photo, 1 the look",
    "color": "0 keeps your photo's colours",
    "tone": "0 keeps your photo's light",
}
"""Help text of each slider, by command-line option."""


class Boxes(NamedTuple):
    """Elements below the sliders.

    Attributes:
        marks: checkbox that marks newly clipped areas.
        close: checkbox that shows a part of the picture at full size.
        earlier: checkbox that compares with the picture from before the regions were changed.
        room: the space available for that part.
        measure: the button that the page presses when that space changes.
        place: the position of that part in the picture.
    """

    marks: Any
    close: Any
    earlier: Any
    room: Any
    measure: Any
    place: Any


def build() -> gr.Blocks:
    """Build the page."""
    with gr.Blocks(title="verism", analytics_enabled=False, delete_cache=(3600, 86400)) as demo:
        session, desk = gr.State(Session()), Desk()
        gr.HTML(dress.HEAD)
        with gr.Row():
            with gr.Column(scale=1, min_width=280):
                photo, styles, weights, method, preview, full, stop = _asking()
                given, warned = gr.HTML(), gr.HTML(elem_id="warned", padding=False)
            with gr.Column(scale=3, min_width=460):
                noticed = gr.HTML(elem_id="noticed", padding=False)
                picture, caption, lacking, blending, sliders, boxes, clipped = _looking()
                said = gr.Markdown(work.EMPTY, elem_id="said")
                with gr.Column(visible=False) as below, gr.Tabs():
                    with gr.Tab("Save"):
                        saving = save_tab.build(session, sliders)
                    with gr.Tab("Regions"):
                        regions = regions_tab.build(session, warned, lacking)
                    with gr.Tab("A folder"):
                        grading = folder_tab.build(session, sliders)
                    with gr.Tab("Command line"):
                        command, about, mask = command_tab.build()
        state = [
            *(stop, grading.stop, picture, blending, below, said, regions.corrected, warned),
            *(preview, full, weights, regions.again, regions.use),
            *(button for button, _, _ in grading.events.values()),
        ]
        view = [*sliders, boxes.marks, boxes.earlier, saving.space, boxes.close, boxes.room]
        inputs = [session, photo, styles, method, weights, *view]
        seen = [picture, regions.result, clipped, boxes.place]
        of_it = [noticed, caption, said, command, about, mask, boxes.earlier]
        outputs = [*seen, *of_it, *regions.marked, *regions.easel, *saving, grading.about, grading.adapt, grading.whole]
        fits = {"inputs": inputs, "outputs": outputs, "show_progress_on": [picture, regions.result]}
        quietly: dict[str, Any] = {"show_progress": "hidden", **PRIVATE}
        dropped, changed = _changing(
            session,
            photo,
            styles,
            method,
            [given, *regions.easel, photo, styles, preview, full, weights],
        )
        asked: list[tuple[str, Callable[..., Any], Callable[..., Any]]] = [
            *((DROP, first.then, _first_preview) for first in (dropped, changed)),
            ("preview", functools.partial(gr.on, [preview.click, weights.submit]), _preview),
            ("regions", regions.again.click, _preview),
            ("painted", regions.taken.then, _preview_of_changes),
            (FULL, full.click, _full),
        ]
        runs = [work.run(desk, [session, photo, styles], state, *it, fits) for it in asked]
        # Two at once could finish in the wrong order.
        blend: dict[str, Any] = {
            "inputs": [session, *view],
            "concurrency_id": "blends",
            "trigger_mode": "always_last",
            **quietly,
        }
        for (kind, *_), (begun, ended) in zip(asked, runs, strict=True):
            begun.then(
                None,
                [photo, styles],
                js=scripts.TO_RESULT if kind in ("regions", "painted") else scripts.TO_PICTURE,
                **quietly,
            )
            # An event still on its way after a photo was removed must not count as the next one.
            if kind == DROP:
                ended.then(None, js=scripts.CHANGED, trigger_mode="multiple", queue=False, **quietly)
            # A run renders with the sliders as they were when it began.
            ended.then(guarded(_blend, is_chained=True), outputs=[*seen, command, saving.note], **blend)
            ended.then(
                guarded(easel.again, is_chained=True),
                [session, regions.brush],
                regions.easel,
                js=scripts.BRUSHED,
                trigger_mode="multiple",
                **quietly,
            )
            ended.then(guarded(thumbnails, is_chained=True), [session, photo, styles], [given], **quietly)
        for name, (button, function, options) in grading.events.items():
            begun, ended = work.run(desk, [session], state, name, button.click, function, options)
            begun.then(None, js=scripts.TO_REPORT, **quietly)
            # Otherwise, the timer would wait for the running work.
            now = {
                "inputs": [session],
                "outputs": [grading.results, grading.archive, grading.clock],
                "queue": False,
                **quietly,
            }
            begun.then(folder_tab.begin, **now)
            ended.then(folder_tab.end, **now)
        work.stop_on([stop.click, grading.stop.click], session, state)
        # The text says that the picture lacks the corrections.
        regions.corrected.change(command_tab.about, [session], [about], queue=False, **quietly)
        gr.on(
            # Not ``input``, which the reset button beside each slider does not trigger.
            [*(slider.change for slider in sliders), boxes.marks.input, boxes.earlier.input],
            guarded(_blend),
            outputs=[*seen, command, saving.note],
            **blend,
        )
        saving.space.input(guarded(_command), outputs=[command], **blend)
        _looking_closely(boxes, blend, seen)
        _follow(demo, session)
    return demo


def _changing(session: gr.State, photo: Any, styles: Any, method: Any, seen: Sequence[Any]) -> tuple[Any, Any]:
    """Return the events for new photos and a new method, which dim the picture, and show both photos."""
    quietly: dict[str, Any] = {"show_progress": "hidden", **PRIVATE}
    drops = [photo.upload, styles.upload, photo.clear, styles.clear, styles.delete]
    # Unlike ``input``, which the list also sends whenever it loses focus, this means another method.
    gr.on([*drops, method.change], None, js=scripts.CHANGING, queue=False, **quietly)
    # An event that arrives while another is handled, as when one photo replaces another, must not be dropped.
    dropped = gr.on(drops, guarded(_given), [session, photo, styles], seen, trigger_mode="always_last", **quietly)
    return dropped, method.change(_other_method, [session, method], [method], queue=False, **quietly)


def _follow(demo: gr.Blocks, session: gr.State) -> None:
    """End the work of a page that is closed or reloaded, and add the scripts to pages that are opened."""
    opened: WeakValueDictionary[str, Session] = WeakValueDictionary()

    def came(it: Session, request: gr.Request) -> None:
        opened[str(request.session_hash)] = it

    def left(request: gr.Request) -> None:
        if (it := opened.get(str(request.session_hash))) is not None:
            it.turns.stop()

    demo.load(came, [session], queue=False, **PRIVATE)
    demo.unload(left)
    for script in scripts.ON_LOAD:
        demo.load(None, js=script, **PRIVATE)


def _asking() -> tuple[Any, ...]:
    """Return the input elements: both kinds of photos, the method, and the buttons that start the work."""
    photo = gr.File(label="Your photo", height=150, elem_id="photo")
    gr.Button("Choose another photo", size="sm", elem_id="replace")
    styles = gr.File(label="Style: one photo, or several", file_count="multiple", height=260, elem_id="styles")
    weights = gr.Textbox(
        label="Weights of the styles",
        info="How much each counts, in their order, such as 2 1; Enter makes a preview",
        placeholder="all the same",
        visible=False,
        elem_id="weights",
    )
    first = next(iter(METHODS))
    method = gr.Dropdown(list(METHODS), value=first, label="Method", info=ABOUT_METHODS[first], elem_id="method")
    with gr.Row():
        preview = gr.Button("Preview", interactive=False, min_width=110, elem_id="preview")
        full = gr.Button("Final quality", variant="primary", interactive=False, min_width=110, elem_id="full")
    stop = gr.Button("Stop", size="sm", interactive=False, elem_id="stop")
    return photo, styles, weights, method, preview, full, stop


def _looking() -> tuple[Any, ...]:
    """Return the output elements: the pictures, their caption, and the controls below them."""
    picture = gr.ImageSlider(
        label=BEFORE_AND_AFTER,
        interactive=False,
        max_height=640,
        buttons=["fullscreen"],
        visible=False,
        elem_id="picture",
    )
    caption = gr.HTML(elem_id="caption", padding=False)
    lacking = gr.HTML(elem_id="lacking", padding=False)
    clipped = gr.HTML(elem_id="clipped", padding=False)
    with gr.Column(visible=False) as blending:
        with gr.Row():
            sliders = [
                gr.Slider(0, 1, 1, step=0.01, label=label, info=INFO[option], elem_id=label.lower(), min_width=200)
                for option, label in SLIDERS.items()
            ]
        with gr.Row(equal_height=True):
            marks = gr.Checkbox(
                label="Show clipping",
                info="Marks highlights that the look burns out, and shadows that it crushes",
                container=False,
                min_width=140,
                elem_id="clipping",
            )
            close = gr.Checkbox(
                label="At 100%",
                info="A part, pixel by pixel, as Save writes it",
                container=False,
                min_width=140,
                elem_id="close",
            )
            earlier = gr.Checkbox(
                label="Compare with the picture before your corrections",
                container=False,
                visible=False,
                min_width=300,
                elem_id="earlier",
            )
        room = gr.Textbox(label="Room for a part", visible="hidden", elem_id="room")
        measure = gr.Button("There is other room", visible="hidden", elem_id="measure")
        place = gr.Image(
            label="Click where to look", interactive=False, height=220, buttons=[], visible=False, elem_id="place"
        )
    return picture, caption, lacking, blending, sliders, Boxes(marks, close, earlier, room, measure, place), clipped


def _looking_closely(boxes: Boxes, blend: Mapping[str, Any], seen: Sequence[Any]) -> None:
    """Add the events that show a part of the picture at full size, and the whole picture again."""
    quietly: dict[str, Any] = {"show_progress": "hidden", **PRIVATE}
    # Rendering the whole picture at full size may take a while.
    look = {**blend, "outputs": seen, "show_progress": "full", "show_progress_on": seen[:1]}
    asks = [boxes.close.input, boxes.measure.click]
    measured = gr.on(asks, None, None, [boxes.room], js=scripts.ROOM, queue=False, **quietly)
    measured.then(guarded(_look), **look)
    boxes.place.select(guarded(_look_there), **look)


def _other_method(session: Session, method: str) -> Any:
    session.config = METHODS[method]
    session.turns.stop(for_other=True)
    return gr.Dropdown(info=ABOUT_METHODS[method])


class Given(NamedTuple):
    """What the page shows once files were given, in the order of the event's outputs.

    Attributes:
        seen: HTML with the photos.
        editor: the easel.
        use: the button of the easel.
        palette: the text about its colours.
        photo: the field with the photo.
        styles: the field with the style photos.
        preview: the button that makes a preview.
        full: the button for final quality.
        weights: the field with the weights of several style photos.
    """

    seen: str
    editor: Any
    use: Any
    palette: Any
    photo: Any
    styles: Any
    preview: Any
    full: Any
    weights: Any


def _given(session: Session, photo: str | None, styles: Sequence[str] | None) -> Given:
    """Return the given photos, without an easel, and stop the work on earlier photos.

    An easel that was in use reappears with the new photo as soon as that has regions. A file that is not a photo is
    removed from its field, which gets the previous photo back. If nothing else has changed, the work goes on.
    """
    given = [file for file in [photo, *(styles or [])] if file]
    wrong = {file: said for file in given if (said := _wrong(file))}
    fields: tuple[Any, Any] = gr.skip(), gr.skip()
    if wrong:
        sentences = [by_name(said, [file]) for file, said in wrong.items()]
        if photo in wrong:
            photo = None if session.photo is None else str(session.photo)
            sentences += [] if session.photo is None else [f"Your photo is still {session.photo.name}."]
        styles = [file for file in styles or [] if file not in wrong]
        warn(session, " ".join(sentences))
        fields = gr.File(value=photo), gr.File(value=list(styles) or None)
    readable = photo, tuple(styles or ())
    session.is_refused = bool(wrong)
    seen = thumbnails(session, photo, styles)
    if wrong and readable == session.given:
        session.turns.ask()
        return Given(seen, gr.skip(), gr.skip(), gr.skip(), *fields, gr.skip(), gr.skip(), gr.skip())
    # The weights belong to other photos, of which there may be equally many.
    anew = {} if session.given is not None and session.given[1] == readable[1] else {"value": ""}
    weights = gr.Textbox(visible=len(readable[1]) > 1, **anew)
    session.given = readable
    session.turns.stop(for_other=True)
    if session.easel is not None:
        session.easel = NO_PHOTO
    if photo:
        session.photo = Path(photo)
    can = work.can_ask(session)
    return Given(seen, *easel.none(), *fields, gr.Button(interactive=can), gr.Button(interactive=can), weights)


def _wrong(file: str) -> str:
    """Return what is wrong with a given file, in a sentence. Empty if it is a photo."""
    try:
        _small(Path(file))
    except VerismError as error:
        return str(error)
    return ""


def thumbnails(session: Session, photo: str | None, styles: Sequence[str] | None) -> str:
    """Return the given photos, with a note under each that the current picture, if any, does not include."""
    files = [Path(file) for file in (*([photo] if photo else []), *(styles or []))]
    shown = session.shown
    used = files if shown is None else [shown.content, *shown.styles]
    figures = [_thumbnail(file, is_used=file in used) for file in files]
    return f'<div id="given">{"".join(figures)}</div>' if figures else ""


def _thumbnail(file: Path, *, is_used: bool) -> str:
    name = escape(file.name)
    said = name if is_used else f"{name}: <b>not in the picture yet</b>"
    return f'<figure><img src="{_small(file)}" alt="{name}"><figcaption>{said}</figcaption></figure>'


@functools.lru_cache(maxsize=64)
def _small(file: Path) -> str:
    """Return the thumbnail of a given file, whose path identifies its contents, as a data URI."""
    return data_uri("image/jpeg", jpeg(over_checkerboard(at_most(photo_file.read(file, least=THUMBNAIL), THUMBNAIL))))


def _first_preview(
    session: Session,
    photo: str | None,
    styles: Sequence[str] | None,
    method: str,
    weights: str,
    *view: Any,
    progress: Any = gr.Progress(),  # noqa: B008  # Gradio looks for this default.
) -> Any:
    if not (photo and styles) or (session.is_refused and session.has(photo, styles, METHODS[method])):
        return gr.skip()
    return _preview(session, photo, styles, method, weights, *view, progress=progress)


def _preview_of_changes(
    session: Session,
    photo: str | None,
    styles: Sequence[str] | None,
    method: str,
    weights: str,
    *view: Any,
    progress: Any = gr.Progress(),  # noqa: B008
) -> Any:
    # There are none if the strokes could not be applied, which has been reported.
    if session.shown is None or session.corrections == session.shown.corrections:
        return gr.skip()
    return _preview(session, photo, styles, method, weights, *view, progress=progress)


def _preview(
    session: Session,
    photo: str | None,
    styles: Sequence[str] | None,
    method: str,
    weights: str,
    *view: Any,
    progress: Any = gr.Progress(),  # noqa: B008
) -> Any:
    return _fit(session, photo, styles, (method, weights), View(*view), progress, preview=True)


def _full(
    session: Session,
    photo: str | None,
    styles: Sequence[str] | None,
    method: str,
    weights: str,
    *view: Any,
    progress: Any = gr.Progress(),  # noqa: B008
) -> Any:
    return _fit(session, photo, styles, (method, weights), View(*view), progress, preview=False)


def _fit(
    session: Session,
    photo: str | None,
    styles: Sequence[str] | None,
    how: tuple[str, str],
    view: View,
    progress: Any,
    *,
    preview: bool,
) -> Any:
    method, weights = how
    files = list(map(Path, styles or []))
    own = weights_of(weights, len(files))
    shown = session.fit(Path(photo) if photo else None, files, METHODS[method], progress, preview=preview, weights=own)
    sentences = [PREVIEWED]
    if not preview:
        progress(0.95, "Measuring the result")
        sentences = session.measured()
    command = session.command(view.blend, save_tab.SPACES[view.space])
    session.said = "\n\n".join(sentences)
    masks = [str(mask) for mask in (shown.corrections.mask, shown.corrections.style_mask) if mask is not None]
    regions = *regions_tab.marked(session), *easel.after_fit(session)
    return (
        *pictures(session, view),
        *("".join(f"<p>{escape(it)}</p>" for it in shown.warnings), escape(shown.caption), session.said),
        *(
            gr.Code(value=command, visible=True),
            command_tab.about(session),
            gr.File(value=masks or None, visible=bool(masks)),
        ),
        gr.Checkbox(value=view.earlier and session.earlier is not None, visible=session.earlier is not None),
        *regions,
        *save_tab.after_fit(session),
        *folder_tab.after_fit(session),
    )


def _blend(session: Session, *view: Any) -> Any:
    if session.shown is None:
        return gr.skip()
    # The hint to save again belonged to the previous picture.
    return *pictures(session, View(*view)), _command(session, *view), save_tab.listed(session)


def _command(session: Session, *view: Any) -> Any:
    if session.shown is None:
        return gr.skip()
    return session.command(View(*view).blend, save_tab.SPACES[View(*view).space])


def _look(session: Session, *view: Any, progress: Any = gr.Progress()) -> Any:  # noqa: B008
    if session.shown is None:
        return gr.skip()
    if View(*view).close and not session.shown.has_whole:
        progress(0, "Making the picture at full size")
    return pictures(session, View(*view))


def _look_there(session: Session, event: gr.SelectData, *view: Any) -> Any:
    if session.shown is None:
        return gr.skip()
    x, y = event.index
    height, width = small(session.fitted.photo).shape[-2:]
    session.place = x / width, y / height
    return pictures(session, View(*view))
