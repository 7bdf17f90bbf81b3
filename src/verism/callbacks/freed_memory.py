"""Whether a process keeps the memory that it frees, for its next allocation."""

from __future__ import annotations

import ctypes
import sys
from typing import Any, cast

from lightning.pytorch import Callback, LightningModule, Trainer

from verism.module import StyleTransfer

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_MMAP_MAX = -1, -3, -4
"""glibc's names for its settings, from malloc.h."""


def keep_freed_memory(*, keep: bool) -> None:
    """Choose whether this process keeps the memory that it frees, up to 2 GB, for its next allocation.

    A step on the CPU allocates the same feature maps as the one before, up to hundreds of megabytes each. glibc gets
    such blocks from the kernel and hands them back at once, and the kernel clears every page anew: measured at a
    quarter to a third of a step at 600×1066. What is kept lies about in pieces, though, some of which nothing fits
    into any more: a third of the memory of an image in tiles. Where the C library has no such setting, nothing changes.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        # glibc's own defaults are the other values; that of M_MMAP_THRESHOLD no longer moves once it is set.
        mallopt(M_MMAP_MAX, 0 if keep else 65536)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1 if keep else 2**17)
        mallopt(M_MMAP_THRESHOLD, 2**25)


class KeepFreedMemory(Callback):
    """Has the process keep what it frees, unless it is short of memory, so that more than one block goes in tiles."""

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        """Choose again: a finer scale may need tiles."""
        keep_freed_memory(keep=cast("StyleTransfer", pl_module).feature_pass.passage.tiling.checkpointed_blocks <= 1)
