"""Work that can be stopped: the events that do it, and what the page shows meanwhile."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

import gradio as gr

from verism.app import regions_tab, scripts
from verism.app.desk import Desk
from verism.app.events import PRIVATE, guarded
from verism.app.session import Session
from verism.app.turns import DROP, FITS, FULL
from verism.app.watch import StoppedError
from verism.callbacks.freed_memory import free_earlier_runs

EMPTY = "Give your photo and one whose look you like; a preview comes by itself."

FIRST = "The first picture is being made."

NEXT = "Above is still the previous picture."
"""Note while a new picture is being made, since texts about the old picture could be taken to be about the new one."""

NEXT_PREVIEW = "A preview of {} is being made. Above is still the previous picture."
"""The same note if the new picture is made from other photos or with another method."""

MARKDOWN = re.compile(r"[\\`*_\[\]<>&$~]")
"""Markdown characters in a name that need escaping."""

ESCAPED = r"\\\g<0>"
"""Replacement that escapes them."""

HALTED = "Stopped. Above is still the previous picture."

OF_OTHERS = "Above is {}. Preview and Final quality make another, of what you have chosen since."
"""Note, in place of texts about a picture, while the photos or the method differ from those of the picture."""

HALTED_FIRST = "Stopped. There is no picture yet: Preview makes one."

STOPPING = "Stopping…"
"""Status from when the user stops the work until it has ended, since the current photo of a folder is finished."""


class State(NamedTuple):
    """What the page shows about the current work, in the order of its elements.

    Attributes:
        stop: the stop button beside the buttons for a picture.
        stop_folder: the stop button beside the buttons for a folder, while one is graded.
        picture: the picture.
        blending: the elements that control how it is shown.
        below: the tabs.
        said: the texts about the picture.
        corrected: whether the picture includes the corrections of the regions.
        warned: the warning about the corrections.
        preview: the button that makes a preview.
        full: the button for final quality.
        weights: the field with the weights of several style photos.
        again: the button for a preview with the regions.
        use: the button for a preview with what is painted.
        go: the button for a folder on this computer.
        pack: the button for photos that were dropped.
    """

    stop: Any
    stop_folder: Any
    picture: Any
    blending: Any
    below: Any
    said: str
    corrected: str
    warned: str
    preview: Any
    full: Any
    weights: Any
    again: Any
    use: Any
    go: Any
    pack: Any


def run(
    desk: Desk,
    needed: Sequence[Any],
    state: Sequence[Any],
    kind: str,
    on: Callable[..., Any],
    function: Callable[..., Any],
    options: Mapping[str, Any],
) -> tuple[Any, Any]:
    """Make an event do work that can be stopped, between two events that show whether there is anything to stop.

    Args:
        desk: the desk where the work is done.
        needed: the session, and the fields without which there is nothing to do.
        state: the elements that ``state_of`` updates.
        kind: the kind of the work. Work that is requested again before it has ended is not done again, except for
            ``DROP``, which is for other photos.
        on: registers the event handler.
        function: does the work.
        options: options of the event that does the work.

    Returns:
        The event before the work, and the event that does the work.
    """
    quietly: dict[str, Any] = {"queue": False, "show_progress": "hidden", **PRIVATE}
    is_first = kind == DROP
    mode = "multiple" if is_first else "once"
    begun = on(functools.partial(begin, kind), needed, state, trigger_mode=mode, **quietly)
    ended = begun.then(
        guarded(in_turn(desk, kind, function), is_chained=is_first),
        # The work waits at the desk, where it can report the reason and be stopped.
        concurrency_limit=None,
        trigger_mode=mode,
        **options,
        **PRIVATE,
    )
    ended.then(functools.partial(end, kind), needed[:1], state, trigger_mode=mode, **quietly)
    return begun, ended


def in_turn(desk: Desk, kind: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap an event handler so that it does nothing if other work has replaced it when its turn comes."""

    # Gradio inspects the parameters, one of which may be for the progress.
    @functools.wraps(function)
    def in_turn(session: Session, *args: Any) -> Any:
        told = gr.Progress()

        def wait(check: Callable[[], None]) -> AbstractContextManager[None]:
            return desk.place(session, lambda said: told(0, said), check)

        try:
            with session.turns.turn(kind, wait) as is_due:
                try:
                    return function(session, *args) if is_due else gr.skip()
                finally:
                    # The previous picture is no longer needed.
                    free_earlier_runs()
        except StoppedError:
            session.turns.is_halted = kind in FITS and not session.turns.is_replaced
            session.turns.has_lost_full = kind == FULL and session.turns.is_replaced
            raise

    return in_turn


def begin(kind: str, session: Session, *needed: Any) -> State:
    """Record that work was requested, if everything it needs is present, and return what the page shows then."""
    session.turns.begin(kind, is_due=all(needed))
    return state_of(session)


def end(kind: str, session: Session) -> State:
    """Record that work has ended, and return what the page shows then."""
    session.turns.end(kind)
    return state_of(session)


def state_of(session: Session) -> State:
    """Return updates that let the user stop running work, hide empty elements, and remove outdated texts."""
    there, is_busy = session.shown is not None, session.turns.is_busy
    is_graded = is_busy and session.turns.runs not in FITS
    # Work requested again before it has ended is not done again, so the click would be lost.
    can_fit, can_begin = can_ask(session), not session.turns.is_stopping
    return State(
        stop=_stop(session, live=is_busy),
        stop_folder=_stop(session, live=is_graded, visible=is_graded),
        picture=gr.update(visible=there or is_busy),
        blending=gr.update(visible=there),
        below=gr.update(visible=there),
        said=_said(session),
        corrected=regions_tab.corrected(session),
        warned=regions_tab.at_stake(session),
        preview=gr.Button(interactive=can_fit),
        full=gr.Button(interactive=can_fit),
        weights=gr.Textbox(interactive=can_begin),
        again=gr.Button(interactive=can_begin),
        use=gr.Button(interactive=can_begin),
        go=gr.Button(interactive=can_begin),
        pack=gr.Button(interactive=can_begin),
    )


def can_ask(session: Session) -> bool:
    """Return whether a picture can be requested: there are photos, and no work is about to end."""
    return session.given is not None and all(session.given) and not session.turns.is_stopping


def _stop(session: Session, *, live: bool, **more: Any) -> Any:
    return gr.Button(
        "Stopping…" if live and session.turns.is_stopping else "Stop",
        interactive=live and not session.turns.is_stopping,
        variant="stop" if live else "secondary",
        **more,
    )


def _said(session: Session) -> str:
    if session.turns.is_stopping:
        return STOPPING
    if session.turns.is_fitting:
        if session.shown is None:
            return FIRST
        photo = session.photo if session.turns.has_new_photos else None
        return NEXT if photo is None else NEXT_PREVIEW.format(MARKDOWN.sub(ESCAPED, photo.name))
    if session.shown is not None and session.is_stale:
        others = OF_OTHERS.format(MARKDOWN.sub(ESCAPED, session.shown.caption))
        return f"Stopped. {others}" if session.turns.is_halted else others
    if session.turns.is_halted:
        return HALTED_FIRST if session.shown is None else "\n\n".join(filter(None, [HALTED, session.said]))
    return session.said or EMPTY


def stop_on(clicks: Sequence[Any], session: Any, state: Sequence[Any]) -> None:
    """Make clicks stop running and waiting work, and show this on the page before the server has responded."""
    quietly: dict[str, Any] = {"queue": False, "show_progress": "hidden", **PRIVATE}
    gr.on(clicks, stop_all, [session], state, **quietly).then(None, js=scripts.HALTED, **quietly)


def stop_all(session: Session) -> State:
    """Stop running and waiting work, and return what the page shows then."""
    session.turns.stop()
    return state_of(session)
