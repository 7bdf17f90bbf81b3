"""Reads a look from a run's checkpoint, the folder of a series, or a look's own file."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jsonargparse import ArgumentError, ArgumentParser
from torch import Tensor

from verism import checkpoint, images, permission, trust
from verism.backbone import Backbone
from verism.canvas import Canvas
from verism.canvas.given_table import GivenTable
from verism.canvas.grade import Grade
from verism.color.table import nodes
from verism.data.options import style_paths
from verism.errors import VerismError
from verism.look import look_file
from verism.missing import missing_run

EVERY_COLOR = 17
"""Nodes along each axis of the colours that a table is assumed to know if its file does not record them."""


def file(look: Path) -> Path:
    """Return the file that holds a look.

    Args:
        look: the folder of a run, whose newest checkpoint is taken, or of a series, which has a file of its own; or a
            checkpoint or a look's own file, which is returned as it is.

    Raises:
        VerismError: the folder has neither, or there is nothing.
    """
    if not look.exists():
        kind = "look" if is_table(look) else "checkpoint" if look.suffix else "checkpoint, run or series"
        raise missing_run(look, kind)
    if not look.is_dir():
        return look
    # A run leaves no such file, but a user may write one into its folder.
    own = look / look_file.NAME
    return own if own.is_file() and not (look / "checkpoints").is_dir() else newest(look)


def is_table(path: Path) -> bool:
    """Return whether a file that ``file`` returned is a look's own, a lookup table, and no checkpoint."""
    return path.suffix.lower() == look_file.ENDING


def read(look: Path) -> Grade:
    """Return a look as a canvas: that of a run as the run left it, or one that holds the table of a series or a file.

    Args:
        look: as ``file`` takes it.

    Raises:
        VerismError: there is no look, it cannot be read, or the canvas of the run does not colour a photo.
    """
    path = file(look)
    if is_table(path):
        table, _ = look_file.read(path)
        return GivenTable(table, _colors(path))
    found = canvas(path, checkpoint.read(path))
    if not isinstance(found, Grade):
        raise VerismError(
            f"{path}: its canvas holds one image, and not a look that other photos could take on: fit with "
            "--model.canvas RegionalGrade, Lut3d or BilateralGrid, as photoreal.yaml does."
        )
    return found


def _colors(path: Path) -> Tensor:
    """Return an image of the colours that a look's own file was fitted to, ``(1, 3, H, W)``; of all, if unknown."""
    fitted_to = path.parent / look_file.FITTED_TO
    # Another file beside a series may be the look of something else.
    if path.name == look_file.NAME and fitted_to.is_file():
        return images.read(fitted_to)
    return nodes(EVERY_COLOR).flatten(2).unsqueeze(0)


def photos(look: Path) -> tuple[list[Path], list[Path]]:
    """Return the content and the style photos that a look was made from, as far as that is known.

    Args:
        look: as ``file`` takes it.
    """
    path = file(look)
    if not is_table(path):
        data = checkpoint.read(path).get("datamodule_hyper_parameters", {})
        return [Path(data["content"])] if data.get("content") else [], style_paths(data) if data.get("style") else []
    # Another file beside a series may be the look of something else.
    if path.name != look_file.NAME:
        return [], []
    try:
        return [], list(map(Path, json.loads((path.parent / look_file.STYLES).read_text(encoding="utf-8"))))
    except (OSError, ValueError):
        return [], []


def styles(look: Path) -> list[Path]:
    """Return the style photos that a look was taken from; empty unless they are known and all are still there.

    Args:
        look: as ``file`` takes it.
    """
    _, found = photos(look)
    return found if all(style.is_file() for style in found) else []


def of_a_run(look: Path) -> Path:
    """Return the checkpoint of a run; raise ``VerismError`` if ``look``, as ``file`` takes it, is of no run."""
    path = file(look)
    if is_table(path):
        raise VerismError(
            f"{look}: is a look without a picture of its own; name the folder of a run, or give the look to photos: "
            f"verism predict {shlex.quote(str(look))} 'holiday/*.jpg' --output.dir predicted"
        )
    return path


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
    permission.check(run / "checkpoints")
    # The file of a run that has just begun is reserved but still empty.
    files = [path for path in (run / "checkpoints").glob("*.ckpt") if path.stat().st_size]
    found = sorted(files, key=lambda path: path.stat().st_mtime_ns)
    if not found:
        raise VerismError(
            f"{run}: no such checkpoint, and no folder of a run that left one in checkpoints/, or of a finished series."
        )
    return found[-1]
