"""Checkpoints, as the Trainer writes them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from verism.errors import VerismError


def read(path: Path) -> Mapping[str, Any]:
    """Return what a checkpoint holds: ``state_dict``, ``hyper_parameters``, … on the CPU.

    Raises:
        VerismError: there is no such file, or it is no checkpoint of a run of ``fit``.
    """
    if not path.is_file():
        raise VerismError(f"{path}: no such checkpoint.")
    try:
        with warnings.catch_warnings():
            # Of a file that is no checkpoint torch also warns.
            warnings.simplefilter("ignore")
            checkpoint: Mapping[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        dict(checkpoint["state_dict"])
    except Exception as error:
        # A file of anything can make an unpickler raise anything.
        raise VerismError(f"{path}: not the checkpoint of a run of fit.") from error
    return checkpoint


def canvas_state(checkpoint: Mapping[str, Any]) -> dict[str, torch.Tensor]:
    """Return the parameter and the buffers of the run's canvas, by name."""
    return {
        name.removeprefix("canvas."): tensor
        for name, tensor in checkpoint["state_dict"].items()
        if name.startswith("canvas.")
    }
