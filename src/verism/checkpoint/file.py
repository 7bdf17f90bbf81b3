"""Checkpoint files: written whole, and read only if they are what they should be."""

from __future__ import annotations

import glob
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins.io import TorchCheckpointIO
from lightning.fabric.utilities.cloud_io import get_filesystem

from verism import atomic, tensor_file, version
from verism.errors import VerismError

FORMAT = 2
"""Counts what a checkpoint holds, and how; a run goes on only from one of the same number."""


def stamp(identity: Mapping[str, str], photos: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a checkpoint says of its making, under ``verism``.

    Args:
        identity: of the network: ``weights`` and ``sha256``.
        photos: SHA-256 of the files that the run is made from, by their role in it.
    """
    return {"version": version.__version__, "format": FORMAT, "backbone": dict(identity), "photos": dict(photos)}


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
        dict(checkpoint["state_dict"]), int(checkpoint["global_step"]), dict(checkpoint["hyper_parameters"])
        made = dict(checkpoint["verism"])
        current = (made["format"], str(made["version"]))[0] == FORMAT
        _ = [str(made["backbone"][name]) for name in ("weights", "sha256")] if current else []
    except Exception as error:
        # A file of anything can make an unpickler raise anything.
        raise VerismError(f"{path}: damaged, or not the checkpoint of a run of fit{_otherwise(path)}.") from error
    if not current:
        raise VerismError(
            f"{path}: a checkpoint of verism {made['version']}, which {version.__version__} cannot continue: use "
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
