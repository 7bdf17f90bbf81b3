"""Lets a command start sooner, by avoiding work that libraries do on import and that no command needs."""

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
    """Return ``kind()`` as a default argument that is built lazily and that jsonargparse can write into a config.

    ``lazy_instance`` finds its caller with ``inspect.stack()``, which reads the source file of every frame. Within
    nested imports there are hundreds of frames, and that took as long as the import of torch; a new thread has only a
    few.
    """
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(_make, kind).result()


def _make(kind: type[Part]) -> Part:
    made: Part = lazy_instance(kind)
    return made


@contextmanager
def quick_imports() -> Iterator[None]:
    """Import a command's modules without the garbage collector and, until they are there, without ``scipy.signal``.

    Modules are made of objects that live as long as the process. The collector walks through all of them again and
    again while there are more and more of them, which takes a quarter of the time of the imports, and frees nothing.
    Afterwards it is on again.

    Lightning imports torchmetrics, which imports ``scipy.signal``, a fifth of what is left, only to restore a function
    that SciPy has removed and that nothing but torchmetrics' SRMR metric uses. Within this context it gets a stand-in
    that seems to have that function; afterwards, ``scipy.signal`` is imported as usual.
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
