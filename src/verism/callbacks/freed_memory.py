"""Makes a process keep the memory that it frees, for its next allocation, and return it after a run."""

from __future__ import annotations

import ctypes
import gc
import sys
from typing import Any, cast

from lightning.pytorch import Callback, LightningModule, Trainer

from verism.module import StyleTransfer

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_MMAP_MAX = -1, -3, -4
"""glibc's names for its settings, from malloc.h."""


def keep_freed_memory(*, keep: bool) -> None:
    """Choose whether this process keeps the memory that it frees, up to 2 GB, for its next allocation.

    A step on the CPU allocates the same feature maps as the step before, up to hundreds of megabytes each. glibc gets
    such blocks from the kernel and returns them as soon as they are freed, and the kernel clears every page again,
    which took a quarter to a third of a step at 600×1066. However, memory that is kept becomes fragmented: with a tiled
    image, a third of it was lost in gaps too small for any block. If the C library has no such setting, nothing
    changes.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        # 65536 and 2**17 are glibc's defaults. By default, it also adapts M_MMAP_THRESHOLD, up to 2**25, but stops
        # doing so once one of these is set.
        mallopt(M_MMAP_MAX, 0 if keep else 65536)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1 if keep else 2**17)
        mallopt(M_MMAP_THRESHOLD, 2**25)


def give_back_memory() -> None:
    """Return free memory to the system, including what the C library was told to keep."""
    keep_freed_memory(keep=False)
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


def free_earlier_runs() -> None:
    """Free earlier runs that are no longer referenced, and return their memory to the system.

    A run's trainer, module and callbacks refer to one another, so only the garbage collector frees them. Among the
    hundreds of thousands of long-lived objects of torch and Lightning, it hardly ever collects them by itself, and each
    run leaves hundreds of megabytes behind.
    """
    gc.collect()
    give_back_memory()


class KeepFreedMemory(Callback):
    """Makes the process keep the memory that it frees, unless memory is so short that several blocks need tiles."""

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        """Decide at every step, since a finer scale may need tiles."""
        keep_freed_memory(keep=cast("StyleTransfer", pl_module).feature_pass.passage.tiling.checkpointed_blocks <= 1)
