"""What lets a command start sooner: work that libraries do when they are imported, and that nobody needs."""

from __future__ import annotations

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
    """Return a default argument that is an object and that jsonargparse can write into a config: ``kind()``, lazily.

    ``lazy_instance`` asks ``inspect.stack()`` who called it, which reads the source file of every frame. Within nested
    imports these are hundreds, and it took as long as the import of torch; a new thread has only a few.
    """
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(_make, kind).result()


def _make(kind: type[Part]) -> Part:
    made: Part = lazy_instance(kind)
    return made


@contextmanager
def quick_imports() -> Iterator[None]:
    """Import what a command needs without ``scipy.signal``, which is a fifth of the time.

    torchmetrics, which Lightning imports, imports it to give it back a function that SciPy has removed and that only
    torchmetrics' SRMR metric uses. It finds a stand-in that seems to have that function; later imports find the module
    itself.
    """
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
