"""Log messages of a run that are printed only if needed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from verism.errors import UnbegunRunError
from verism.quiet import LOGGERS


class HeldBack:
    """Holds back log messages below warnings, and prints them only if needed."""

    def __init__(self) -> None:
        """Start without holding anything back."""
        self._records: list[tuple[logging.Logger, logging.LogRecord]] = []
        self._loggers = [logging.getLogger(name) for name in LOGGERS]

    def hold(self) -> None:
        """Start holding messages back."""
        for logger in self._loggers:
            logger.addFilter(self._passes)

    def release(self) -> None:
        """Print the messages held back so far, and all later ones."""
        self.let_go()
        while self._records:
            logger, record = self._records.pop(0)
            logger.handle(record)

    def drop(self) -> None:
        """Discard the messages held back so far."""
        self._records.clear()

    def let_go(self) -> None:
        """Stop holding messages back."""
        for logger in self._loggers:
            logger.removeFilter(self._passes)

    def _passes(self, record: logging.LogRecord) -> bool:
        if record.levelno <= logging.INFO:
            self._records.append((logging.getLogger(record.name), record))
        return record.levelno > logging.INFO


@contextmanager
def held_back() -> Iterator[HeldBack]:
    """Hold back log messages below warnings within this context; print them if a run that has begun fails."""
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
