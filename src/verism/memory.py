"""Memory that is freed and needed again at every step."""

from __future__ import annotations

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4
"""glibc's names for the two settings, from malloc.h."""


def keep_freed_memory() -> None:
    """Have this process keep the memory that it frees, up to 2 GB, for its next allocation.

    A step on the CPU allocates the same feature maps as the one before, up to hundreds of megabytes each. glibc gets
    such blocks from the kernel and hands them back at once, and the kernel clears every page anew: measured at a
    quarter to a third of a step at 600×1066. Where the C library has no such setting, nothing changes.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
