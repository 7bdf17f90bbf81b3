"""Checkpoints: the saved state of a run, for resuming the run or extracting its look."""

from verism.checkpoint.contents import built, canvas_state, check_canvas, flat, options, restore
from verism.checkpoint.file import FORMAT, CheckpointFiles, before, last, read, stamp

__all__ = [
    "FORMAT",
    "CheckpointFiles",
    "before",
    "built",
    "canvas_state",
    "check_canvas",
    "flat",
    "last",
    "options",
    "read",
    "restore",
    "stamp",
]
