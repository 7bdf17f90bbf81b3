"""Checks whether a run can continue from a checkpoint, that is, whether it is the same run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lightning.pytorch import Trainer
from lightning.pytorch.utilities import rank_zero_info

from verism import checkpoint
from verism.data import PhotoPair
from verism.description import UNRECORDED
from verism.errors import VerismError
from verism.look import saved
from verism.module import StyleTransfer
from verism.url import is_url


def named(given: str, root: str) -> str:
    """Return the checkpoint that ``--ckpt_path`` names.

    Args:
        given: ``last``, the folder of a run, or the path or URL of a checkpoint.
        root: the folder or URL that contains the runs, of which ``last`` is the newest.

    Raises:
        VerismError: there is no run below ``root``, or the folder has no checkpoint.
    """
    if given == "last":
        return checkpoint.last(root)
    return str(saved.newest(Path(given))) if not is_url(given) and Path(given).is_dir() else given


def check(path: str, model: StyleTransfer, data: PhotoPair, trainer: Trainer, optimizer: str) -> int:
    """Refuse a checkpoint that cannot be read or that a different run wrote; return its number of steps.

    Args:
        path: path or URL of the checkpoint.
        model: the module of the run; it is set up and resized to the checkpoint's image.
        data: the photos of the run.
        trainer: the Trainer of the run.
        optimizer: class path of the run's optimiser.

    Raises:
        VerismError: the checkpoint has other weights, another optimiser, other photos or another canvas.
    """
    found = checkpoint.read(path)
    was = found["hyper_parameters"]
    weights, sha256 = (found["verism"]["backbone"][name] for name in ("weights", "sha256"))
    if sha256 != model.backbone.identity["sha256"]:
        raise VerismError(
            f"{path}: was made with other weights, {weights} of sha256 {sha256}: name them with "
            "--model.backbone.weights."
        )
    # A run started from Python may not have recorded it.
    made = was.get("optimizer", UNRECORDED)
    recorded = optimizer if made == UNRECORDED else made["class_path"]
    if recorded != optimizer:
        raise VerismError(
            f"{path}: was made with another --optimizer, {recorded}, and cannot be continued with {optimizer}."
        )
    # Trainer.fit would attach them only after it has made the run's folder.
    model.trainer = data.trainer = trainer
    trainer.datamodule = data  # type: ignore[attr-defined]  # Set by a connector.
    _check_photos(path, found["verism"].get("photos", {}), data.digests)
    _check_options(path, checkpoint.options(found), checkpoint.flat(model.options))
    model.configure_model()
    model.on_load_checkpoint(found)
    return int(found["global_step"])


def _check_photos(path: str, was: Mapping[str, Sequence[str]], now: Mapping[str, list[str]]) -> None:
    """Refuse the checkpoint of a run with other photos or masks.

    Args:
        path: path or URL of the checkpoint.
        was: role of a file (content, style, …) to the SHA-256 of the checkpoint's files.
        now: the same for this run.
    """
    for name in sorted(was.keys() | now.keys()) if was else ():
        if list(was.get(name, [])) != now.get(name, []):
            other = {"content": "photo", "style": "style photo"}.get(name, f"--data.{name}")
            raise VerismError(
                f"{path}: is of a run with another {other}; continue with the files of that run, or start a new "
                "run without --ckpt_path."
            )


def _check_options(path: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Print which options have changed since the checkpoint; refuse another canvas or colour space."""
    # The photos are compared by their content; the other options do not change the image.
    apart = ("data.content", "data.style", "data.max_megapixels", "tile", "backbone.weights")
    changed = {
        name: (was[name], now[name])
        for name in was.keys() & now.keys()
        if was[name] != now[name] and not name.startswith(apart)
    }
    for name in ("canvas", "canvas.space"):
        before, after = (str(options.get(name)).rpartition(".")[2] for options in (was, now))
        if name in was and before != after:
            raise VerismError(
                f"{path}: is of a run with --model.{name} {before}, and cannot be continued with {after}."
            )
    if changed:
        said = ", ".join(f"{name} {after} (before: {before})" for name, (before, after) in sorted(changed.items()))
        rank_zero_info(f"Options that differ from the run that is continued: {said}.")
