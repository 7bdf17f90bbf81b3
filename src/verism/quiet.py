"""Suppresses what Lightning says about itself, so that what it says about the run is noticed."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

CHATTER = (
    "💡 Tip",  # Advertising, for litlogger among others.
    "GPU available: ",
    "TPU available: ",
    "HPU available: ",
    "LOCAL_RANK: ",
    "`Trainer.fit` stopped: ",
    "You are using a CUDA device",
    "Seed set to ",
    "Using bfloat16 Automatic Mixed Precision",  # The config records it.
    "Using 16bit Automatic Mixed Precision",
    "\nDetected KeyboardInterrupt",  # verism itself reports what happened to the run.
)
"""Beginnings of messages that say nothing about the run."""

LOGGERS = (
    "lightning.pytorch.utilities.rank_zero",
    "lightning.pytorch.accelerators.cuda",
    "lightning.fabric.utilities.seed",
)
"""The loggers of these messages; a filter only sees messages logged directly to its own logger."""


def quieten_lightning() -> None:
    """Suppress Lightning's chatter in the process of a command; calling it again has no effect."""
    for name in LOGGERS:
        # The same function is added only once.
        logging.getLogger(name).addFilter(_is_of_the_run)
    # Lightning itself uses what torch has since deprecated.
    warnings.filterwarnings("ignore", message="`isinstance.treespec, LeafSpec.` is deprecated", category=FutureWarning)
    # The first and the last step are logged, however short the run.
    warnings.filterwarnings("ignore", message="The number of training batches .* is smaller than the logging interval")
    # A loss or a backbone with its own network is frozen on purpose.
    warnings.filterwarnings("ignore", message=r"Found \d+ module\(s\) in eval mode at the start of training")
    # A resumed run has its own folder.
    warnings.filterwarnings("ignore", message="The dirpath has changed from")


@contextmanager
def quiet_lightning() -> Iterator[None]:
    """Suppress Lightning's chatter within this context; afterwards, the program's own Trainers print it again."""
    loggers = [logging.getLogger(name) for name in LOGGERS]
    before = [list(logger.filters) for logger in loggers]
    with warnings.catch_warnings():
        quieten_lightning()
        try:
            yield
        finally:
            for logger, filters in zip(loggers, before, strict=True):
                logger.filters[:] = filters


@contextmanager
def quiet_writers() -> Iterator[None]:
    """Print no traceback of a thread that fails to write: at the end, TensorBoard raises that error in the run too."""
    before = threading.excepthook

    def hook(failed: threading.ExceptHookArgs) -> None:
        if not isinstance(failed.exc_value, OSError):
            before(failed)

    threading.excepthook = hook
    try:
        yield
    finally:
        threading.excepthook = before


def _is_of_the_run(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith(CHATTER)
