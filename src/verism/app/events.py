"""What becomes of errors in events: messages on the page."""

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
"""Option of the events that only the page itself may trigger, which are all of them."""

LOST_FULL = "Final quality was stopped: the photos or the method have changed, and a preview comes first."
"""Said of a run that others take the place of: it may have taken a while already."""


def guarded(function: Callable[..., Any], *, is_chained: bool = False) -> Callable[..., Any]:
    """Return a function whose ``VerismError`` becomes a message on the page, which otherwise stays as it is.

    Its event must be queued: of others, Gradio writes messages to the terminal instead.

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
    """Say what went wrong, until the user does the next thing; once for each of their actions."""
    _tell_once(session, escape(on_the_page(message)), gr.Warning, duration=None)


def _tell_once(session: Session, message: str, tell: Callable[..., Any], **options: Any) -> None:
    if message not in session.messages:
        session.messages.append(message)
        tell(message, **options)


def by_name(message: str, args: Sequence[Any]) -> str:
    """Return a message with the names of the files among an event's arguments in place of their temporary paths."""
    for arg in args:
        for file in [arg] if isinstance(arg, str) else arg if isinstance(arg, list) else []:
            # Unlike Path's, this is False for what is no possible path, such as a text that is too long for one.
            if isinstance(file, str) and os.path.isfile(file):  # noqa: PTH113
                message = message.replace(file, Path(file).name)
    return message
