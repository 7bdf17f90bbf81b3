"""Files and folders that may not be read, whoever runs the tests."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_VERSION = 0x20080522
"""Of the sets of capabilities: two words of 32 each."""

_OVERRIDE = 0b110
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, with which root reads everything."""


@contextmanager
def closed(*paths: Path) -> Iterator[None]:
    """Take all permissions from files and folders, and from root, in this thread, the right to do without."""
    if os.name != "posix" or (os.geteuid() == 0 and sys.platform != "linux"):
        pytest.skip("no permission that could be taken")
    modes = [path.stat().st_mode for path in paths]
    for path in paths:
        path.chmod(0)
    libc = ctypes.CDLL(None, use_errno=True)
    header, data = (ctypes.c_uint32 * 2)(_VERSION, 0), (ctypes.c_uint32 * 6)()
    if os.geteuid() == 0:
        assert libc.capget(header, data) == 0
        effective, data[0] = data[0], data[0] & ~_OVERRIDE
        assert libc.capset(header, data) == 0
    try:
        yield
    finally:
        if os.geteuid() == 0:
            data[0] = effective
            assert libc.capset(header, data) == 0
        for path, mode in reversed(list(zip(paths, modes, strict=True))):
            path.chmod(mode)
