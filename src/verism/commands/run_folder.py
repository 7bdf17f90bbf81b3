"""The folder of a run, which no other run gets: ``lightning_logs/version_N``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lightning.pytorch import Trainer
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger

from verism.errors import VerismError

Numbered = TensorBoardLogger | CSVLogger
"""Loggers that number their folders."""


def numbered(trainer: Trainer) -> list[Numbered]:
    """Return the loggers that will choose their own number; called before anything has asked for it."""
    found = [logger for logger in trainer.loggers if isinstance(logger, Numbered)]
    return [logger for logger in found if logger._version is None]


def claim(loggers: Sequence[Numbered]) -> None:
    """Make the folders of the loggers, under numbers that no other run has.

    Lightning looks which numbers are taken, and makes the folder later: runs that start at the same instant would share
    one. The loggers keep one number among them, as Lightning's would.

    Raises:
        VerismError: a folder cannot be made.
    """
    here = [logger for logger in loggers if "://" not in str(logger.log_dir)]
    while here:
        folders = {Path(logger.log_dir) for logger in here}
        made = [folder for folder in folders if _make(folder)]
        if len(made) == len(folders):
            return
        for folder in made:
            folder.rmdir()
        following = max(int(logger.version) for logger in here) + 1
        for logger in here:
            logger._version = following


def _make(folder: Path) -> bool:
    """Return whether there was no such folder, and now is."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        if folder.exists():
            return False
        folder.mkdir()
    except FileExistsError:
        # Made by another run since, or a file stands where a folder above it belongs.
        if folder.is_dir():
            return False
        raise VerismError(f"{folder}: cannot be made (a file is in the way); see --trainer.default_root_dir.") from None
    except OSError as error:
        raise VerismError(
            f"{folder}: cannot be made ({error.strerror or error}); see --trainer.default_root_dir."
        ) from error
    return True
