"""The command ``app``, which serves a local web page that gives a photo the look of another."""

from __future__ import annotations

import gc
import importlib.util
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Sequence
from types import FrameType

from jsonargparse import ArgumentParser

from verism.errors import VerismError

DESCRIPTION = """Open a page in the browser: drop two photos, see the preview, move the sliders, save the picture.

It is served to this machine alone, and no photo leaves it. Ctrl-C ends it.
"""

NEEDED = (
    "verism app needs Gradio, which is not installed: pip install 'verism[app]', or, in a clone, pip install '.[app]'."
)

HEARTBEAT_S = 1
"""Interval, in seconds, of checks whether a page is still open."""


def app(args: Sequence[str]) -> None:
    """Run ``app`` with the given arguments until Ctrl-C.

    Raises:
        VerismError: if Gradio is not installed, or the port is in use.
    """
    parser = ArgumentParser(prog="verism app", description=DESCRIPTION, exit_on_error=False)
    parser.add_argument(
        "--port", type=int | None, default=None, help="Port to listen at; null: the first free one from 7860."
    )
    parser.add_argument("--open", type=bool, default=True, help="Open the page in the browser.")
    options = parser.parse_args(list(args))
    if importlib.util.find_spec("gradio") is None:
        raise VerismError(NEEDED)
    with tempfile.TemporaryDirectory(prefix="verism-app-") as folder:
        # Signals raise SystemExit, so that the folder is removed however the app ends.
        for name in ("SIGTERM", "SIGHUP"):
            # Windows has no SIGHUP.
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), _end)
        # Set before Gradio is imported. Otherwise it would phone home, keep uploaded files after the app has ended, and
        # take up to 15 seconds to notice that a page was closed, whose run should then end.
        os.environ.update(
            GRADIO_ANALYTICS_ENABLED="False", GRADIO_TEMP_DIR=folder, GRADIO_HEARTBEAT_INTERVAL=str(HEARTBEAT_S)
        )
        from verism.app import server  # noqa: PLC0415

        # The garbage collector runs after each run. Modules are never garbage, so it need not traverse them.
        gc.freeze()
        with server.running(options.port, opens=options.open) as address:
            sys.stdout.write(f"verism app: {address} (Ctrl-C ends it)\n")
            sys.stdout.flush()
            threading.Event().wait()


def _end(number: int, frame: FrameType | None) -> None:
    del frame
    raise SystemExit(128 + number)
