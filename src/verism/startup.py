"""Makes commands start faster by avoiding work that libraries do on import and that no command needs."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import ModuleType
from typing import TypeVar

from jsonargparse import lazy_instance

Part = TypeVar("Part")

SIGNAL = "scipy.signal"


def default(kind: type[Part]) -> Part:
    """Return ``kind()`` as a default argument that is built lazily and that jsonargparse can write to a config.

    ``lazy_instance`` finds its caller with ``inspect.stack()``, which reads the source file of every frame. Nested
    imports have hundreds of frames, and that took as long as importing torch; a new thread has only a few.
    """
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(_make, kind).result()


def _make(kind: type[Part]) -> Part:
    made: Part = lazy_instance(kind)
    return made


@contextmanager
def quick_imports() -> Iterator[None]:
    """Import a command's modules without the garbage collector and, meanwhile, without ``scipy.signal``.

    Modules consist of objects that live as long as the process. The collector walks through all of them again and again
    as their number grows, which takes a quarter of the import time and frees nothing. Afterwards, it is enabled again.

    Lightning imports torchmetrics, which imports ``scipy.signal``, a fifth of the remaining time, only to restore a
    function that SciPy has removed and that only torchmetrics' SRMR metric uses. Within this context, it gets a
    stand-in that appears to have that function; afterwards, ``scipy.signal`` is imported as usual.
    """
    with _no_collection(), _no_scipy_signal():
        yield


@contextmanager
def _no_collection() -> Iterator[None]:
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


@contextmanager
def _no_scipy_signal() -> Iterator[None]:
    needed = SIGNAL not in sys.modules and "torchmetrics" not in sys.modules
    if needed:
        stand_in = ModuleType(SIGNAL)
        stand_in.hamming = None  # type: ignore[attr-defined]
        sys.modules[SIGNAL] = stand_in
    try:
        yield
    finally:
        if needed and sys.modules.get(SIGNAL) is stand_in:
            del sys.modules[SIGNAL]
            scipy = sys.modules.get("scipy")
            if scipy is not None and vars(scipy).get("signal") is stand_in:
                del scipy.signal
