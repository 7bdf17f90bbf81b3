"""The folder of a run, which no other run uses: ``lightning_logs/picos-sunset``, named after the photos."""

from __future__ import annotations

import itertools
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from lightning.fabric.utilities.cloud_io import get_filesystem
from lightning.pytorch import Trainer
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger

from verism.errors import VerismError
from verism.url import is_url

Numbered = TensorBoardLogger | CSVLogger
"""Loggers that number their folders, ``version_0``, ``version_1``, …, unless they are given a name."""

LONGEST = 200
"""Longest name of a folder, in bytes; file systems allow 255, and a number may be added."""


def numbered(trainer: Trainer) -> list[Numbered]:
    """Return the loggers that will choose their own number; call this before anything asks for that number."""
    found = [logger for logger in trainer.loggers if isinstance(logger, Numbered)]
    return [logger for logger in found if logger._version is None]


def named_by(title: str) -> str:
    """Return a folder name: ``title``, with "_" in place of everything that a shell or a file system may misread.

    Args:
        title: the names of the photos, such as ``picos-sunset``.
    """
    plain = re.sub(r"[^\w.+-]+", "_", title).strip(".")
    return plain.encode()[:LONGEST].decode(errors="ignore") or "run"


def claim(loggers: Sequence[Numbered], name: str | None = None) -> None:
    """Make the folders of the loggers, under a name or number that no other run has.

    Lightning checks which numbers are taken but makes the folder later, so runs that start at the same moment would
    share a folder. Here, a run uses a folder only if it made it itself. All loggers of a run get the same name.

    Args:
        loggers: loggers that have no version yet.
        name: name of the folders; ``name_1``, ``name_2``, … if it is taken. None: Lightning's numbers.

    Raises:
        VerismError: a folder cannot be made.
    """
    if not loggers:
        return
    first = 0 if name else max(int(logger.version) for logger in loggers)
    for number in itertools.count(first):
        for logger in loggers:
            logger._version = number if name is None else f"{name}_{number}" if number else name
        folders = {str(logger.log_dir) for logger in loggers}
        made = [folder for folder in folders if _make(folder)]
        if len(made) == len(folders):
            return
        for folder in made:
            if not is_url(folder):
                Path(folder).rmdir()


def give_up(loggers: Sequence[Numbered]) -> None:
    """Remove the folders that ``claim`` made, with anything the loggers wrote to them; folders at a URL are kept.

    Args:
        loggers: the loggers of a run that ended before its first step; they are closed.
    """
    for folder in {str(logger.log_dir) for logger in loggers}:
        if not is_url(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _make(folder: str) -> bool:
    """Make a folder; return False if it already exists. At a URL, a folder is only created with its first file."""
    if is_url(folder):
        return not get_filesystem(folder).exists(folder)
    path = Path(folder)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            return False
        path.mkdir()
    except FileExistsError:
        # Another run has made it since, or a file stands where a parent folder belongs.
        if path.is_dir():
            return False
        raise VerismError(f"{path}: cannot be made (a file is in the way); see --trainer.default_root_dir.") from None
    except OSError as error:
        raise VerismError(
            f"{path}: cannot be made ({error.strerror or error}); see --trainer.default_root_dir."
        ) from error
    return True
