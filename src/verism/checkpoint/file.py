"""Checkpoint files: written completely or not at all, and checked when they are read."""

from __future__ import annotations

import glob
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins.io import TorchCheckpointIO
from lightning.fabric.utilities.cloud_io import get_filesystem

from verism import atomic, permission, tensor_file, version
from verism.errors import VerismError
from verism.missing import missing_run
from verism.photo_file.reading import is_photo
from verism.run_files import CHECKPOINTS, LOGS
from verism.url import is_url

FORMAT = 2
"""Version of the contents of checkpoints; a run resumes only from a checkpoint of the same version."""


def stamp(identity: Mapping[str, str], photos: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a checkpoint records about how it was made, under the key ``verism``.

    Args:
        identity: ``weights`` and ``sha256`` of the network.
        photos: SHA-256 of the run's input files, by their role in it.
    """
    return {"version": version.__version__, "format": FORMAT, "backbone": dict(identity), "photos": dict(photos)}


class CheckpointFiles(TorchCheckpointIO):
    """Writes each checkpoint completely or not at all, keeps the previous one, and runs no code from files it reads.

    For a URL, it depends on the underlying file system whether a checkpoint is written completely, and the previous one
    is not kept.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any | None = None) -> None:
        """Write a checkpoint; raise ``VerismError`` if this is impossible."""
        if is_url(path):
            super().save_checkpoint(checkpoint, path, storage_options)
            return
        data = io.BytesIO()
        torch.save(checkpoint, data)
        atomic.write(Path(path), data.getbuffer(), keep=before(Path(path)))

    def load_checkpoint(
        self, path: str | Path, map_location: Any | None = None, weights_only: bool | None = None
    ) -> dict[str, Any]:
        """Return what ``read`` returns: only tensors and plain values, on the CPU, whatever the other arguments are."""
        return dict(read(path))


def before(path: Path) -> Path:
    """Return the path to which the previous checkpoint is moved when a new one is written to ``path``."""
    return path.with_suffix(f".previous{path.suffix}")


def last(root: str) -> str:
    """Return the newest checkpoint of the runs below ``root``, a folder or URL.

    Raises:
        VerismError: there is none.
    """
    files = get_filesystem(root)
    own = (CHECKPOINTS, f"{LOGS}/*/{CHECKPOINTS}")
    found = [path for folder in own for path in files.glob(f"{glob.escape(root)}/{folder}/*.ckpt") if files.size(path)]
    if not found:
        raise VerismError(
            f"--ckpt_path last: no run below {root} has left a checkpoint; leave the option out to start."
        )
    return str(files.unstrip_protocol(max(found, key=files.modified))).removeprefix("file://")


def read(path: str | Path) -> Mapping[str, Any]:
    """Return the contents of a checkpoint: ``state_dict``, ``hyper_parameters``, … on the CPU.

    Args:
        path: path or URL of the file.

    Raises:
        VerismError: the file does not exist, is damaged, is not a verism checkpoint, or has another ``FORMAT``.
    """
    files = get_filesystem(path)
    if not is_url(path):
        permission.check(Path(path))
    if not files.isfile(str(path)):
        if is_url(path) or Path(path).exists():
            raise VerismError(f"{path}: no such checkpoint.")
        raise missing_run(Path(path), "checkpoint" if Path(path).suffix else "checkpoint or run")
    if not files.size(str(path)):
        raise VerismError(f"{path}: empty: its run was stopped before it saved anything{_otherwise(path)}.")
    try:
        with files.open(str(path), "rb") as file:
            checkpoint: Mapping[str, Any] = tensor_file.load(file)
        # Callers rely on all of these.
        dict(checkpoint["state_dict"]), int(checkpoint["global_step"]), dict(checkpoint["hyper_parameters"])
        made = dict(checkpoint["verism"])
        made_by, current = str(made["version"]), made["format"] == FORMAT
        _ = [str(made["backbone"][name]) for name in ("weights", "sha256")] if current else []
    except Exception as error:
        # Arbitrary content can make the unpickler raise any exception.
        if is_photo(Path(path)):
            raise VerismError(f"{path}: a picture, and not a run; name the folder of its run.") from error
        raise VerismError(f"{path}: damaged, or not the checkpoint of a run of fit{_otherwise(path)}.") from error
    if not current:
        raise VerismError(
            f"{path}: a checkpoint of verism {made_by}, which {version.__version__} cannot continue: use "
            f"that version, or start again{_otherwise(path)}."
        )
    return checkpoint


def _otherwise(path: str | Path) -> str:
    """Return a hint to the previous checkpoint, for a message; empty if that cannot be read."""
    previous = before(Path(path))
    if not previous.is_file():
        return ""
    try:
        read(previous)
    except VerismError:
        return ""
    return f"; the one before it is whole: --ckpt_path {previous}"
