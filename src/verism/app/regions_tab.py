"""The regions tab: both photos under the colours of their regions, and the tools to correct them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import gradio as gr
from torch import Tensor

from verism.app import easel, scripts
from verism.app.corrections import Corrections, shown
from verism.app.events import PRIVATE, guarded
from verism.app.legend import legend
from verism.app.session import Session
from verism.canvas import RegionalGrade
from verism.likeness import has_one_grade, of_scene

NARROW, WIDE = 160, 700
"""Minimum width of a photo with its regions, in pixels: beside another photo, and in a row of its own."""

NOT_YET = "The picture does not show your last changes of the regions yet."
"""Also true if the picture includes earlier changes, or still includes changes that were undone."""

AT_STAKE = (
    "Your corrections of the regions are for these photos and this method. With others, they are set aside; they come "
    "back with these."
)
"""Warning beside the photos, before others are given."""

UNTAKEN = "What you are painting is lost with other photos, unless you preview it first."

DRAWING = (
    "Paint over a photo in a region's colour; what you do not paint stays as it is. Where strokes are over each other, "
    "the last counts. A region of your own that is in one photo only follows the look of the whole photo; painted in "
    "both, it takes its look from the style photo's."
)

SEVERAL = "Paint over the style photo: give one alone"
"""Label of the button that starts painting over the style photo, while there are several."""

TOGETHER = "What has one number is graded together"
"""The purpose of regions, for a look with regions."""

COMPARED = (
    "What has one number is compared with the same number in the style, but one lookup table is found for all of them, "
    "and treats the whole photo alike"
)
"""The purpose of regions, for a look that is a table."""

HARDLY_COUNT = "What has one number is compared with the same number in the style, but hardly changes that grade"
"""The purpose of regions if the photos show the same scene."""

WHAT_TO_DO = (
    "the paler a colour, the less sure it is that both photos show the same. Click regions in either photo or in the "
    "list, then merge them, or, where the match is wrong, give them the look of the whole photo: they are then graded "
    "like the rest, and not like what they were matched with. Or keep them as in the photo, such as its sky or a face."
)

PARTS = "A number stands in the largest part of its region; other parts, also those in other photos, have its colour."

NO_REGIONS = "This method uses no regions."

AS_A_WHOLE = "The photos are compared as a whole."

BEING_WORKED_IN = "Your last changes of the regions are being worked in…"


class RegionsTab(NamedTuple):
    """Elements of the regions tab.

    Attributes:
        again: the button that fits again.
        use: the button that applies what is painted.
        taken: the event of that button, which is followed by another fit.
        result: the current picture, below that button.
        corrected: whether that picture includes the corrections.
        marked: the elements that change with the regions, including ``corrected``.
        easel: the editor, the button that applies what is painted in it, and the text about its colours.
        brush: the field with the selected colour of the brush.
    """

    again: Any
    use: Any
    taken: Any
    result: Any
    corrected: Any
    marked: Sequence[Any]
    easel: Sequence[Any]
    brush: Any


def build(session: Any, warned: Any, lacking: Any) -> RegionsTab:
    """Build the elements of the tab, and return those that other tabs need.

    Args:
        session: the session of the page.
        warned: the element beside the photos that warns about corrections, if there are any.
        lacking: the element beside the picture that says, like the tab, what the picture does not include yet.
    """
    with gr.Row():
        mine, theirs = (
            gr.Image(label=label, interactive=False, height=300, buttons=["fullscreen"], visible=False, elem_id=name)
            for label, name in (("Your photo", "mine"), ("Style photo", "theirs"))
        )
    legend = gr.HTML(elem_id="regions")
    pick = gr.Textbox(label="Region that is chosen in the list", visible="hidden", elem_id="pick")
    with gr.Column() as tools:
        about = gr.Markdown(elem_id="about_regions")
        with gr.Row(equal_height=True):
            merge = gr.Button("Merge", min_width=100, elem_id="merge")
            leave_out = gr.Button("Look of the whole photo", min_width=120, elem_id="leave_out")
            keep = gr.Button("Keep as in the photo", min_width=120, elem_id="keep")
            undo = gr.Button("Undo the last", min_width=100, elem_id="undo")
            reset = gr.Button("Reset regions", min_width=100, elem_id="reset")
        with gr.Accordion("Draw", open=False):
            gr.Markdown(DRAWING)
            with gr.Row():
                begin = gr.Button(easel.BEGIN["content"], min_width=150, elem_id="begin")
                begin_style = gr.Button(easel.BEGIN["style"], min_width=150, elem_id="begin_style")
            palette = gr.HTML(elem_id="palette", padding=False)
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
            use = gr.Button("Preview with what is painted", variant="primary", visible=False, elem_id="use")
            brush = gr.Textbox(label="Colour of the brush", visible="hidden", elem_id="brush")
        corrected = gr.HTML(elem_id="corrected")
        again = gr.Button("Preview with these regions", variant="primary", elem_id="again")
        result = gr.Image(label="Result", interactive=False, height=300, buttons=["fullscreen"], elem_id="result")
    quietly: dict[str, Any] = {"show_progress": "hidden", **PRIVATE}
    corrected.change(None, [corrected], [lacking], js=scripts.AS_IT_IS, queue=False, **quietly)
    changing = [mine, theirs, legend, tools, corrected, warned, begin_style, about]
    at_easel = [editor, use, palette]
    for image, choose in ((mine, _choose_mine), (theirs, _choose_theirs)):
        image.select(guarded(choose), [session], changing, **quietly)
    picked = legend.click(_changing(Session.pick), [session, pick], changing, js=scripts.PICK, **quietly)
    picked.then(None, js=scripts.PICKED, **quietly)
    for button, change in (
        (merge, Session.merge),
        (leave_out, Session.leave_out),
        (keep, Session.keep),
        (undo, Session.undo),
        (reset, Session.reset),
    ):
        changed = button.click(_changing(change), [session], changing, **quietly)
        if button is undo:
            # The easel has no strokes, which would be undone first.
            changed.then(
                guarded(easel.again, is_chained=True), [session, brush], at_easel, js=scripts.BRUSHED, **quietly
            )
    # Also after the editor's bin, which removes the photo as well.
    for button, start in ((begin, _begin_mine), (begin_style, _begin_theirs)):
        # Keep the strokes on the easel when it gets the other photo.
        taken = button.click(guarded(_take), [session, editor], changing, **quietly)
        begun = taken.then(guarded(start, is_chained=True), [session, brush], at_easel, js=scripts.BRUSHED, **quietly)
        begun.then(None, js=scripts.TO_EDITOR, **quietly)
    taken = use.click(_changing(easel.paint), [session, editor], changing, **quietly)
    # From now on, applied strokes are part of the regions, and can no longer be undone on the easel.
    taken.then(guarded(easel.again, is_chained=True), [session, brush], at_easel, js=scripts.BRUSHED, **quietly)
    return RegionsTab(again, use, taken, result, corrected, changing, at_easel, brush)


def marked(session: Session) -> tuple[Any, Any, str, Any, str, str, Any, str]:
    """Return the contents of the tab, and the warning beside the photos.

    These are both photos under their regions, the legend, the possible actions, whether the picture includes the
    corrections, and finally the button to paint over a single style photo and the purpose of the regions.
    """
    stake = at_stake(session)
    regions = session.regions
    if regions is None:
        none = gr.Image(value=None, visible=False)
        found = session.fitted.run.model.regions
        said = NO_REGIONS if found is None else AS_A_WHOLE
        return none, none, f"<p>{said}</p>", gr.update(visible=False), "", stake, gr.skip(), ""
    fitted = session.fitted
    is_one = len(fitted.styles) == 1
    mine, theirs = (
        gr.Image(value=str(session.draw(picture)), visible=True, min_width=width, label=label)
        for label, picture, width in (
            ("Your photo", shown(fitted.photo, regions.content, regions, session.chosen, session.numbers), NARROW),
            # Several photos side by side get a row of their own.
            (
                "Style photo" if is_one else "Style photos",
                fitted.apart(shown(fitted.style, regions.style, regions, session.chosen, session.numbers)),
                NARROW if is_one else WIDE,
            ),
        )
    )
    entries = []
    for label, words in legend(regions, session.corrections, is_one_style=is_one).items():
        out = label in (*session.corrections.left_out, *session.corrections.kept)
        kind = " ".join(name for name, holds in (("out", out), ("chosen", label in session.chosen)) if holds)
        chosen = str(label in session.chosen).lower()
        # In the colour of the palette, as on the maps.
        number = session.numbers.get(label, "")
        entries.append(
            f'<button type="button" class="{kind}" data-region="{label}" aria-pressed="{chosen}">'
            f'<i style="background:{label}"><b>{number}</b></i> {words}</button>'
        )
    return (
        mine,
        theirs,
        f'<div id="legend">{"".join(entries)}</div>',
        gr.update(visible=True),
        corrected(session),
        stake,
        gr.Button(easel.BEGIN["style"], interactive=True) if is_one else gr.Button(SEVERAL, interactive=False),
        _about(session),
    )


def _about(session: Session) -> str:
    """Return the purpose of the regions, and what the user can do with them."""
    canvas = session.fitted.run.canvas
    purpose = TOGETHER if isinstance(canvas, RegionalGrade) else COMPARED
    scene = of_scene(session.divided, canvas)
    if has_one_grade(session.divided, canvas):
        purpose = HARDLY_COUNT
    parts = "" if len(session.fitted.styles) == 1 else PARTS
    return " ".join(part for part in (scene, f"{purpose}; {WHAT_TO_DO}", parts) if part)


def at_stake(session: Session) -> str:
    """Return HTML that says what happens to the user's corrections if other photos are given."""
    # The style sheet shows the second sentence while there are strokes that were not applied.
    said = f"<p>{AT_STAKE}</p>" if session.corrections != Corrections() else ""
    # The texts are about the previous photos, like the picture, which this class dims.
    changing = '<span class="changing"></span>' if session.turns.has_new_photos or session.is_stale else ""
    # Texts about the current picture would be taken to be about the one in progress.
    busy = '<span class="busy"></span>' if session.turns.is_fitting else ""
    return f'{said}<p class="untaken">{UNTAKEN}</p>{changing}{busy}'


def corrected(session: Session) -> str:
    """Say whether the picture lacks corrections. Empty if it includes them, or they are about to be discarded."""
    if session.shown is None or session.corrections == session.shown.corrections or session.turns.has_new_photos:
        return ""
    return BEING_WORKED_IN if session.takes_corrections else NOT_YET


def _take(session: Session, painted: Mapping[str, Any] | None) -> Any:
    return marked(session) if easel.take(session, painted) else gr.skip()


def _begin_mine(session: Session, brush: str) -> Any:
    return easel.begin(session, brush)


def _begin_theirs(session: Session, brush: str) -> Any:
    return easel.begin(session, brush, "style")


def _choose_mine(session: Session, event: gr.SelectData) -> Any:
    return _choose(session, session.fitted.photo, event, content=True)


def _choose_theirs(session: Session, event: gr.SelectData) -> Any:
    return _choose(session, session.fitted.style, event, content=False)


def _choose(session: Session, photo: Tensor, event: gr.SelectData, *, content: bool) -> Any:
    x, y = event.index
    height, width = photo.shape[-2:]
    session.choose((x / width, y / height), content=content)
    return marked(session)


def _changing(change: Callable[..., None]) -> Callable[..., Any]:
    """Return an event handler that changes the regions and shows them."""

    def changed(session: Session, *args: Any) -> Any:
        change(session, *args)
        return marked(session)

    return guarded(changed)
