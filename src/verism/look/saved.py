"""The look that a finished run has found, read back from its checkpoint."""

from __future__ import annotations

from pathlib import Path

from jsonargparse import ArgumentParser

from verism import checkpoint
from verism.canvas import Canvas
from verism.canvas.grade import Grade
from verism.errors import VerismError


def read(run: Path) -> Grade:
    """Return the canvas of a run as the run left it.

    Args:
        run: its folder, of which the newest checkpoint is taken, or a checkpoint.

    Raises:
        VerismError: there is no checkpoint, it cannot be read, or its canvas does not colour a photo.
    """
    path = newest(run) if run.is_dir() else run
    state = checkpoint.read(path)
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument("--canvas", type=Canvas)
    options = state.get("hyper_parameters", {}).get("canvas")
    canvas = parser.instantiate_classes(parser.parse_object({"canvas": options})).canvas
    if not isinstance(canvas, Grade):
        raise VerismError(
            f"{path}: its canvas holds one image, and not a look that other photos could take on: fit with "
            "--model.canvas RegionalGrade, Lut3d or BilateralGrid, as photoreal.yaml does."
        )
    canvas.resume(checkpoint.canvas_state(state))
    return canvas.requires_grad_(requires_grad=False)


def newest(run: Path) -> Path:
    """Return the newest checkpoint of a run's folder; raise ``VerismError`` if it has none."""
    found = sorted((run / "checkpoints").glob("*.ckpt"), key=lambda path: path.stat().st_mtime_ns)
    if not found:
        raise VerismError(f"{run}: no such checkpoint, and no folder of a run that left one in checkpoints/.")
    return found[-1]
