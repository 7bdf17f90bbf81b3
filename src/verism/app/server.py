"""Serves the page to this machine only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import gradio as gr
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from verism.app import dress, page
from verism.app.scripts import KEEP_WORK, QUIET_STREAMS
from verism.errors import VerismError

HOST = "127.0.0.1"
"""The loopback address, which no other machine can reach."""

POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; worker-src 'self' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self' data: blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
"""Content security policy that keeps the browser from contacting other servers, whatever Gradio's page requests."""


WORDS = {
    "common.upload": "Add photos",
    "common.complete": "Done",
    "image_editor.color": "Colour",
    "upload_text.drop_file": "Drop here",
    "upload_text.click_to_upload": "Click to choose",
}
"""Texts that Gradio 6 has in no language, and would show by their keys; words that it spells differently from the page;
and words that suggest that photos leave this computer."""


class Policy:
    """Middleware that adds ``POLICY`` to every response, and the scripts that must come first to the page.

    Gradio only adds scripts of a page's head after its own.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond like the application, with the policy in the header."""
        is_page = False

        async def with_policy(message: Message) -> None:
            nonlocal is_page
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = POLICY
                is_page = scope.get("path") == "/" and headers.get("content-type", "").startswith("text/html")
                if is_page:
                    # The scripts make the response longer.
                    del headers["content-length"]
            elif is_page and message["type"] == "http.response.body":
                script = f"<head><script>{QUIET_STREAMS}\n{KEEP_WORK}</script>".encode()
                message["body"] = message.get("body", b"").replace(b"<head>", script, 1)
            await send(message)

        await self._app(scope, receive, with_policy)


@contextmanager
def running(port: int | None, *, opens: bool = False) -> Iterator[str]:
    """Serve the page within this context, and yield its address.

    Args:
        port: the port to listen on. None for the first free port from 7860.
        opens: whether to open the page in the browser.

    Raises:
        VerismError: if the port is in use.
    """
    demo = page.build()
    # Against DNS rebinding: a foreign page whose name resolves to this machine would count as the same origin.
    trusted = Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])
    try:
        _, address, _ = demo.queue(api_open=False).launch(
            server_name=HOST,
            server_port=port,
            inbrowser=opens,
            prevent_thread_lock=True,
            quiet=True,
            share=False,
            ssr_mode=False,
            mcp_server=False,
            enable_monitoring=False,
            run_history=False,
            footer_links=[],
            i18n=gr.I18n(en=WORDS),
            app_kwargs={"middleware": [Middleware(Policy), trusted]},
            **dress.DRESS,
        )
    except OSError as error:
        place = "from 7860 on" if port is None else str(port)
        raise VerismError(f"--port: no port {place} is free; choose another.") from error
    try:
        yield str(address)
    finally:
        demo.close(verbose=False)
