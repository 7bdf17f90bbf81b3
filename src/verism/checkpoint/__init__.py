"""Checkpoints: the state of a run, from which it is resumed, or from which its look is taken."""

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
