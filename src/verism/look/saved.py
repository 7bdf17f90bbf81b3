"""The look that a finished run has found, read back from its checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jsonargparse import ArgumentError, ArgumentParser

from verism import checkpoint, trust
from verism.backbone import Backbone
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
    found = canvas(path, checkpoint.read(path))
    if not isinstance(found, Grade):
        raise VerismError(
            f"{path}: its canvas holds one image, and not a look that other photos could take on: fit with "
            "--model.canvas RegionalGrade, Lut3d or BilateralGrid, as photoreal.yaml does."
        )
    return found


def canvas(path: Path, state: Mapping[str, Any]) -> Canvas:
    """Return the canvas of a run as the run left it, of any kind.

    Args:
        path: of the checkpoint.
        state: what it holds.

    Raises:
        VerismError: the checkpoint does not record its canvas, or the canvas cannot be built or take the state.
    """
    options = state["hyper_parameters"].get("canvas")
    if options is None:
        raise VerismError(f"{path}: does not record which canvas it belongs to, as checkpoints of the command fit do.")
    try:
        made: Canvas = _made("canvas", Canvas, options)
    except (ArgumentError, TypeError, ValueError) as error:
        raise VerismError(f"{path}: the canvas of its run cannot be built here ({error}).") from error
    tensors = checkpoint.canvas_state(state)
    try:
        made.resume(tensors)
    except (KeyError, RuntimeError) as error:
        raise VerismError(f"{path}: damaged: its contents are not the state of its canvas.") from error
    return made.requires_grad_(requires_grad=False)


def backbone(state: Mapping[str, Any]) -> Backbone:
    """Return the network of a run, with the weights that it had.

    Args:
        state: what its checkpoint holds; the checkpoint must record the parts of its run.

    Raises:
        VerismError: the network cannot be built, or its weights cannot be loaded, or have changed since.
    """
    try:
        made: Backbone = _made("backbone", Backbone, state["hyper_parameters"]["backbone"])
    except (ArgumentError, TypeError, ValueError) as error:
        raise VerismError(f"The network of the run cannot be built here ({error}).") from error
    return made


def _made(name: str, kind: type, options: Any) -> Any:
    """Return the object that a class path with options describes, if its classes are trusted."""
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument(f"--{name}", type=kind)
    return trust.built(parser, {name: options})[name]


def newest(run: Path) -> Path:
    """Return the newest checkpoint of a run's folder; raise ``VerismError`` if it has none."""
    # A run that has just begun has reserved its file, which is still empty.
    files = [path for path in (run / "checkpoints").glob("*.ckpt") if path.stat().st_size]
    found = sorted(files, key=lambda path: path.stat().st_mtime_ns)
    if not found:
        raise VerismError(f"{run}: no such checkpoint, and no folder of a run that left one in checkpoints/.")
    return found[-1]
