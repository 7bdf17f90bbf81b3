"""Log messages of a run that are printed only if there is reason to."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from verism.errors import UnbegunRunError
from verism.quiet import LOGGERS


class HeldBack:
    """Log messages below warnings, which are printed only if there is reason to."""

    def __init__(self) -> None:
        """Hold nothing back yet."""
        self._records: list[tuple[logging.Logger, logging.LogRecord]] = []
        self._loggers = [logging.getLogger(name) for name in LOGGERS]

    def hold(self) -> None:
        """Hold messages back from now on."""
        for logger in self._loggers:
            logger.addFilter(self._passes)

    def release(self) -> None:
        """Print what was held back, and what comes from now on."""
        self.let_go()
        while self._records:
            logger, record = self._records.pop(0)
            logger.handle(record)

    def drop(self) -> None:
        """Forget what was held back."""
        self._records.clear()

    def let_go(self) -> None:
        """Print what comes from now on."""
        for logger in self._loggers:
            logger.removeFilter(self._passes)

    def _passes(self, record: logging.LogRecord) -> bool:
        if record.levelno <= logging.INFO:
            self._records.append((logging.getLogger(record.name), record))
        return record.levelno > logging.INFO


@contextmanager
def held_back() -> Iterator[HeldBack]:
    """Hold back log messages below warnings within this context; if a run that has begun fails, they are printed."""
    held = HeldBack()
    held.hold()
    try:
        yield held
    except UnbegunRunError:
        held.drop()
        raise
    except BaseException:
        held.release()
        raise
    finally:
        held.let_go()
