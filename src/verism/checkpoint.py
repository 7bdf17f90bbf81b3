"""Checkpoints: the state of a run, from which it goes on, or from which its look is taken."""

from __future__ import annotations

import glob
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import torch
from jsonargparse import ArgumentError, ArgumentParser
from lightning.fabric.plugins.io import TorchCheckpointIO
from lightning.fabric.utilities.cloud_io import get_filesystem
from torch import nn

from verism import atomic, tensor_file, trust, version
from verism.errors import VerismError

FORMAT = 1
"""Counts what a checkpoint holds, and how; a run goes on only from one of the same number."""


class Resumable(Protocol):
    """A canvas, as far as it is needed here."""

    def resume(self, state: Mapping[str, torch.Tensor]) -> None:
        """Take the state of an earlier canvas of the same kind."""


def stamp() -> dict[str, Any]:
    """Return what a checkpoint says of the version that wrote it."""
    return {"version": version.__version__, "format": FORMAT}


class CheckpointFiles(TorchCheckpointIO):
    """Writes checkpoints whole, keeps the one before, and reads none that could run code.

    Where the path is a URL, the file system behind it sees to the first; the one before is not kept.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any | None = None) -> None:
        """Write a checkpoint; raise ``VerismError`` if that is impossible."""
        if "://" in str(path):
            super().save_checkpoint(checkpoint, path, storage_options)
            return
        data = io.BytesIO()
        torch.save(checkpoint, data)
        atomic.write(Path(path), data.getbuffer(), keep=before(Path(path)))

    def load_checkpoint(
        self, path: str | Path, map_location: Any | None = None, weights_only: bool | None = None
    ) -> dict[str, Any]:
        """Read a checkpoint, always as nothing but tensors and plain values; as ``read`` does."""
        return dict(read(path))


def before(path: Path) -> Path:
    """Return where the checkpoint goes that stood at ``path`` before the present one."""
    return path.with_suffix(f".previous{path.suffix}")


def last(root: str) -> str:
    """Return the newest checkpoint of the runs below ``root``, a folder or URL.

    Raises:
        VerismError: there is none.
    """
    files = get_filesystem(root)
    own = ("checkpoints", "lightning_logs/*/checkpoints")
    found = [path for folder in own for path in files.glob(f"{glob.escape(root)}/{folder}/*.ckpt") if files.size(path)]
    if not found:
        raise VerismError(
            f"--ckpt_path last: no run below {root} has left a checkpoint; leave the option out to start."
        )
    return str(files.unstrip_protocol(max(found, key=files.modified))).removeprefix("file://")


def read(path: str | Path) -> Mapping[str, Any]:
    """Return what a checkpoint holds: ``state_dict``, ``hyper_parameters``, … on the CPU.

    Args:
        path: of a file, or a URL.

    Raises:
        VerismError: there is no such file, it is damaged, no checkpoint of a run of ``fit``, or another version's.
    """
    files = get_filesystem(path)
    if not files.isfile(str(path)):
        raise VerismError(f"{path}: no such checkpoint.")
    if not files.size(str(path)):
        raise VerismError(f"{path}: empty: its run was stopped before it saved anything{_otherwise(path)}.")
    try:
        with files.open(str(path), "rb") as file:
            checkpoint: Mapping[str, Any] = tensor_file.load(file)
        # What everybody who reads a checkpoint relies on.
        dict(checkpoint["state_dict"]), int(checkpoint["global_step"])
        _ = [str(checkpoint["hyper_parameters"]["backbone"][name]) for name in ("weights", "sha256")]
        made = dict(checkpoint["verism"])
        _ = made["version"], made["format"]
    except Exception as error:
        # A file of anything can make an unpickler raise anything.
        raise VerismError(f"{path}: damaged, or not the checkpoint of a run of fit{_otherwise(path)}.") from error
    if made["format"] != FORMAT:
        raise VerismError(
            f"{path}: a checkpoint of verism {made['version']}, which {version.__version__} cannot go on from: use "
            f"that version, or start again{_otherwise(path)}."
        )
    return checkpoint


def _otherwise(path: str | Path) -> str:
    """Offer the checkpoint before the one that could not be read, if that can be."""
    previous = before(Path(path))
    if not previous.is_file():
        return ""
    try:
        read(previous)
    except VerismError:
        return ""
    return f"; the one before it is whole: --ckpt_path {previous}"


def check_canvas(checkpoint: Mapping[str, Any], canvas: nn.Module) -> None:
    """Raise ``VerismError`` unless the checkpoint is of such a canvas, and of such a size."""
    theirs, ours = (
        {name: tuple(tensor.shape) for name, tensor in state.items()}
        for state in (canvas_state(checkpoint), canvas.state_dict())
    )
    if theirs != ours:
        raise VerismError(
            f"--ckpt_path: the checkpoint holds {_said(theirs)}, and this run's canvas {_said(ours)}: go on with the "
            "photos, the size and the canvas of the run that left it."
        )


def _said(shapes: Mapping[str, tuple[int, ...]]) -> str:
    return ", ".join(f"{name} of {'×'.join(map(str, shape))}" for name, shape in shapes.items())


def canvas_state(checkpoint: Mapping[str, Any]) -> dict[str, torch.Tensor]:
    """Return the parameter and the buffers of the run's canvas, by name."""
    return {
        name.removeprefix("canvas."): tensor
        for name, tensor in checkpoint["state_dict"].items()
        if name.startswith("canvas.")
    }


def built(
    method: type[nn.Module], checkpoint: Mapping[str, Any], path: str | Path, trusted: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the arguments of ``method``, the class of the run's module, as the run has recorded them, instantiated.

    Args:
        method: the class.
        checkpoint: of the run.
        path: of the checkpoint.
        trusted: packages that it may name classes of, beside ``verism.trust.PACKAGES``.

    Raises:
        VerismError: the run has not recorded them, or they are not of this version.
    """
    recorded = checkpoint["hyper_parameters"]
    if "canvas" not in recorded:
        raise VerismError(
            f"{path}: does not say what its run was made of, as checkpoints of the command fit do; pass the parts, "
            "such as canvas=…, to load_from_checkpoint."
        )
    parser = ArgumentParser(exit_on_error=False)
    parser.add_class_arguments(method, "model", instantiate=False)
    try:
        with trust.limited(trusted):
            found = parser.parse_object({"model": dict(recorded)})
            trust.check(found)
            parts = parser.instantiate_classes(found).model
    except (ArgumentError, TypeError, ValueError) as error:
        raise VerismError(f"{path}: what its run was made of is not known here ({error}).") from error
    return dict(parts)


def restore(checkpoint: Mapping[str, Any], path: str | Path, canvas: Resumable, identity: Mapping[str, str]) -> None:
    """Give a canvas the state of a run.

    Args:
        checkpoint: of the run.
        path: of the checkpoint.
        canvas: of the kind of the run's.
        identity: of the network that stands for the run's.

    Raises:
        VerismError: the network has other weights, or the canvas is of another kind.
    """
    was = checkpoint["hyper_parameters"]["backbone"]
    if was["sha256"] != identity["sha256"]:
        raise VerismError(f"{path}: was made with other weights, {was['weights']} of sha256 {was['sha256']}.")
    try:
        canvas.resume(canvas_state(checkpoint))
    except (KeyError, RuntimeError) as error:
        raise VerismError(f"{path}: is of a run with another canvas; pass the kind of canvas that it had.") from error


def options(checkpoint: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of model and data that a checkpoint's run was made with, by dotted name."""
    return flat({**checkpoint["hyper_parameters"], "data": checkpoint.get("datamodule_hyper_parameters", {})})


def flat(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options by dotted name; a class stands under the name of its slot, its own options under theirs."""
    found: dict[str, Any] = {}
    for name, value in options.items():
        if not isinstance(value, Mapping):
            found[name] = value
            continue
        inner = dict(value)
        if "class_path" in inner:
            found[name] = inner.pop("class_path")
            inner = dict(inner.get("init_args") or {})
        found |= {f"{name}.{key}": item for key, item in flat(inner).items()}
    return found
