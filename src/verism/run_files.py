"""Where the files of a run are: the names of its folder's contents, known without the slow imports of a run."""

from __future__ import annotations

from pathlib import Path

LOGS = "lightning_logs"
"""The folder of runs, inside the current folder."""

CHECKPOINTS = "checkpoints"
"""The folder of a run's checkpoints, inside its own."""

LAST = "last.ckpt"
"""The checkpoint of a run's latest step, inside ``CHECKPOINTS``."""

CONFIG = "config.yaml"
"""The options of a run, inside its folder, under the name that Lightning gives them."""

RESULT = "result.png"
"""The picture of a run whose options name no other file, inside its folder."""


def checkpoint_of(run: Path) -> Path:
    """Return the checkpoint of the latest step of the run in a folder; the file need not exist."""
    return run / CHECKPOINTS / LAST


def run_of(checkpoint: Path) -> Path:
    """Return the folder of the run that wrote a checkpoint."""
    return checkpoint.parent.parent
