"""Turns errors in events into messages on the page."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from verism.app.elsewhere import on_the_page
from verism.app.session import Session
from verism.app.watch import StoppedError
from verism.errors import VerismError

PRIVATE: Mapping[str, Any] = {"api_visibility": "private"}
"""Options for events that only the page itself may trigger, which all of them are."""

LOST_FULL = "Final quality was stopped: the photos or the method have changed, and a preview comes first."
"""Message for a run that is replaced by others, and may already have taken a while."""


def guarded(function: Callable[..., Any], *, is_chained: bool = False) -> Callable[..., Any]:
    """Wrap a function so that a ``VerismError`` becomes a message on the page, which is otherwise left unchanged.

    The event must be queued. For events outside the queue, Gradio writes messages to the terminal instead.

    Args:
        function: the event handler.
        is_chained: whether it follows another event of the same user action, whose messages must not be repeated.
    """

    @functools.wraps(function)
    def guarded(*args: Any) -> Any:
        session = next((it for it in args if isinstance(it, Session)), Session())
        if not is_chained:
            session.messages.clear()
        try:
            return function(*args)
        except StoppedError:
            if not session.turns.is_replaced:
                still = "" if session.shown is None else f" The picture is still {session.shown.caption}."
                _tell_once(session, escape(f"Stopped.{still}"), gr.Info, duration=20)
            elif session.turns.has_lost_full:
                _tell_once(session, LOST_FULL, gr.Info, duration=20)
        except VerismError as error:
            warn(session, by_name(str(error), args))
        return gr.skip()

    return guarded


def warn(session: Session, message: str) -> None:
    """Show an error message until the user's next action, at most once per action."""
    _tell_once(session, escape(on_the_page(message)), gr.Warning, duration=None)


def _tell_once(session: Session, message: str, tell: Callable[..., Any], **options: Any) -> None:
    if message not in session.messages:
        session.messages.append(message)
        tell(message, **options)


def by_name(message: str, args: Sequence[Any]) -> str:
    """Replace the temporary paths of files among an event's arguments by file names in a message."""
    for arg in args:
        for file in [arg] if isinstance(arg, str) else arg if isinstance(arg, list) else []:
            # Unlike Path's method, this returns False for impossible paths, such as text that is too long for one.
            if isinstance(file, str) and os.path.isfile(file):  # noqa: PTH113
                message = message.replace(file, Path(file).name)
    return message
