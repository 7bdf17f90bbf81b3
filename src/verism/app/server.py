"""Serves the page, to this machine alone."""

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
"""The machine's own address, which no other machine can reach."""

POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; worker-src 'self' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self' data: blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
"""Content security policy by which a browser contacts no other server, whatever Gradio's page asks for."""


WORDS = {
    "common.upload": "Add photos",
    "common.complete": "Done",
    "image_editor.color": "Colour",
    "upload_text.drop_file": "Drop here",
    "upload_text.click_to_upload": "Click to choose",
}
"""What Gradio 6 has no words for in any language, and would show as it is written here; a word that it spells in
another way than the page; and words that sound as if photos left this computer."""


class Policy:
    """Middleware that adds ``POLICY`` to every response, and the scripts to the page that come first.

    Gradio adds scripts of a page's head only after its own.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond as the application does, with the policy in the header."""
        is_page = False

        async def with_policy(message: Message) -> None:
            nonlocal is_page
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = POLICY
                is_page = scope.get("path") == "/" and headers.get("content-type", "").startswith("text/html")
                if is_page:
                    # It gets longer.
                    del headers["content-length"]
            elif is_page and message["type"] == "http.response.body":
                script = f"<head><script>{QUIET_STREAMS}\n{KEEP_WORK}</script>".encode()
                message["body"] = message.get("body", b"").replace(b"<head>", script, 1)
            await send(message)

        await self._app(scope, receive, with_policy)


@contextmanager
def running(port: int | None, *, opens: bool = False) -> Iterator[str]:
    """Serve the page within this context; yield its address.

    Args:
        port: the port to listen on; None: the first free one from 7860.
        opens: open the page in the browser.

    Raises:
        VerismError: the port is taken.
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
