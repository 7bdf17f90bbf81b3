"""Reads a look from the checkpoint of a run, the folder of a series, or a look file."""

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
from verism.checkpoint.contents import unrecorded
from verism.color.table import nodes
from verism.data.options import style_paths
from verism.errors import VerismError
from verism.look import look_file
from verism.missing import missing_run
from verism.run_files import CHECKPOINTS

EVERY_COLOR = 17
"""Nodes along each axis of the colours that a table is assumed to cover if its file does not record them."""


def file(look: Path) -> Path:
    """Return the file that holds a look.

    Args:
        look: the folder of a run, whose newest checkpoint is used; the folder of a series, which has a look file; or a
            checkpoint or look file, which is returned as is.

    Raises:
        VerismError: if the path does not exist, or the folder contains neither.
    """
    if not look.exists():
        kind = "look" if is_table(look) else "checkpoint" if look.suffix else "checkpoint, run or series"
        raise missing_run(look, kind)
    if not look.is_dir():
        return look
    # A run writes no such file, but a user may have saved one in its folder.
    own = look / look_file.NAME
    return own if own.is_file() and not (look / CHECKPOINTS).is_dir() else newest(look)


def is_table(path: Path) -> bool:
    """Return whether a file returned by ``file`` is a look file, with a lookup table, rather than a checkpoint."""
    return path.suffix.lower() == look_file.ENDING


def read(look: Path) -> Grade:
    """Read a look as a canvas: that of a run, or one that holds the table of a series or a look file.

    Args:
        look: the path of a look, as for ``file``.

    Raises:
        VerismError: if there is no look, it cannot be read, or the canvas of the run does not colour a photo.
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
    """Return an image ``(1, 3, H, W)`` of the colours that a look file was fitted to; of all colours if unknown."""
    fitted_to = path.parent / look_file.FITTED_TO
    # Any other file beside a series may hold an unrelated look.
    if path.name == look_file.NAME and fitted_to.is_file():
        return images.read(fitted_to)
    return nodes(EVERY_COLOR).flatten(2).unsqueeze(0)


def photos(look: Path) -> tuple[list[Path], list[Path]]:
    """Return the content and style photos that a look was made from, as far as they are known.

    Args:
        look: the path of a look, as for ``file``.
    """
    path = file(look)
    if not is_table(path):
        data = checkpoint.read(path).get("datamodule_hyper_parameters", {})
        return [Path(data["content"])] if data.get("content") else [], style_paths(data) if data.get("style") else []
    # Any other file beside a series may hold an unrelated look.
    if path.name != look_file.NAME:
        return [], []
    try:
        return [], list(map(Path, json.loads((path.parent / look_file.STYLES).read_text(encoding="utf-8"))))
    except (OSError, ValueError):
        return [], []


def styles(look: Path) -> list[Path]:
    """Return the style photos of a look. Empty unless they are known and all still exist.

    Args:
        look: the path of a look, as for ``file``.
    """
    _, found = photos(look)
    return found if all(style.is_file() for style in found) else []


def of_a_run(look: Path) -> Path:
    """Return the checkpoint of a run. Raises ``VerismError`` if ``look``, as for ``file``, does not belong to a run."""
    path = file(look)
    if is_table(path):
        raise VerismError(
            f"{look}: is a look without a picture of its own; name the folder of a run, or give the look to photos: "
            f"verism predict {shlex.quote(str(look))} 'holiday/*.jpg' --output.dir predicted"
        )
    return path


def canvas(path: Path, state: Mapping[str, Any]) -> Canvas:
    """Restore the canvas of a run, of any class.

    Args:
        path: path of the checkpoint.
        state: contents of the checkpoint.

    Raises:
        VerismError: if the checkpoint does not record its canvas, or the canvas cannot be built or load the state.
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
    """Return the network of a run, with the weights used in the run.

    Args:
        state: contents of the checkpoint, which must record the components of its run.

    Raises:
        VerismError: if the network cannot be built, or its weights cannot be loaded or have changed since.
    """
    try:
        made: Backbone = _made("backbone", Backbone, state["hyper_parameters"]["backbone"])
    except (ArgumentError, TypeError, ValueError) as error:
        raise VerismError(f"The network of the run cannot be built here ({error}).") from error
    return made


def _made(name: str, kind: type, options: Any) -> Any:
    """Create the object described by a class path with options, if its classes are trusted.

    Raises:
        ValueError: if an option was not recorded.
    """
    if unknown := unrecorded({name: options}):
        raise ValueError(f"{', '.join(unknown)}: not recorded, because only the code of the run can make it")
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument(f"--{name}", type=kind)
    return trust.built(parser, {name: options})[name]


def newest(run: Path) -> Path:
    """Return the newest checkpoint in the folder of a run. Raises ``VerismError`` if there is none."""
    folder = run / CHECKPOINTS
    permission.check(folder)
    # A run that has just started has reserved its file, which is still empty.
    files = [path for path in folder.glob("*.ckpt") if path.stat().st_size]
    found = sorted(files, key=lambda path: path.stat().st_mtime_ns)
    if not found:
        raise VerismError(
            f"{run}: no such checkpoint, and no folder of a run that left one in checkpoints/, or of a finished series."
        )
    return found[-1]
