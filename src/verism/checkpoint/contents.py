"""The contents of a checkpoint: the canvas of a run, and the parts that the run was built from."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Any, Protocol

import torch
from jsonargparse import ArgumentError, ArgumentParser
from torch import nn

from verism import trust
from verism.description import UNRECORDED
from verism.errors import VerismError


class Resumable(Protocol):
    """The part of a canvas that is needed here; canvases themselves depend on checkpoints."""

    def resume(self, state: Mapping[str, torch.Tensor]) -> None:
        """Take over the state of an earlier canvas of the same kind."""


def check_canvas(checkpoint: Mapping[str, Any], canvas: nn.Module) -> None:
    """Raise ``VerismError`` unless the checkpoint's canvas has tensors of the same names and shapes as ``canvas``."""
    theirs, ours = (
        {name: tuple(tensor.shape) for name, tensor in state.items()}
        for state in (canvas_state(checkpoint), canvas.state_dict())
    )
    if theirs != ours:
        raise VerismError(
            f"--ckpt_path: the checkpoint holds {_listed(theirs)}, and this run's canvas {_listed(ours)}: continue "
            "with the photos, the size, the canvas and the version of verism of the run that wrote it."
        )


def _listed(shapes: Mapping[str, tuple[int, ...]]) -> str:
    return ", ".join(f"{name} of {'×'.join(map(str, shape))}" for name, shape in shapes.items())


def canvas_state(checkpoint: Mapping[str, Any]) -> dict[str, torch.Tensor]:
    """Return the parameters and buffers of the run's canvas, by name."""
    return {
        name.removeprefix("canvas."): tensor
        for name, tensor in checkpoint["state_dict"].items()
        if name.startswith("canvas.")
    }


def dtype_of(checkpoint: Mapping[str, Any]) -> torch.dtype:
    """Return the type of floating-point numbers that holds a run's canvas without rounding, at least float32."""
    types = (tensor.dtype for tensor in canvas_state(checkpoint).values() if tensor.is_floating_point())
    return reduce(torch.promote_types, types, torch.float32)


def built(
    method: type[nn.Module],
    base: type[nn.Module],
    checkpoint: Mapping[str, Any],
    path: str | Path,
    trusted: Sequence[str] = (),
    given: Mapping[str, Any] = {},
) -> dict[str, Any]:
    """Return the arguments with which a run's module was built, instantiated again from what the run recorded.

    Args:
        method: the class of the module.
        base: the class of which that is a subclass, and whose arguments are typed; they may be the same.
        checkpoint: contents of the run's checkpoint.
        path: path or URL of the checkpoint, for messages.
        trusted: packages whose classes the checkpoint may name, in addition to ``verism.trust.PACKAGES``.
        given: arguments that replace those of the run. A checkpoint written from Python by an older version records
            none, so these are its only arguments.

    Raises:
        VerismError: an argument is neither recorded nor given, names an untrusted class, or cannot be built.
    """
    if "canvas" not in checkpoint["hyper_parameters"]:
        if given:
            return dict(given)
        raise VerismError(
            f"{path}: does not record the parts of its run; pass the parts, such as canvas=…, to load_from_checkpoint."
        )
    names = _arguments(method) - given.keys()
    recorded = {name: value for name, value in checkpoint["hyper_parameters"].items() if name in names}
    missing = {name: UNRECORDED for name in _required(method) if name not in {*recorded, *given}}
    unknown = unrecorded({**recorded, **missing})
    if unknown:
        part = unknown[0].partition(".")[0]
        raise VerismError(
            f"{path}: does not record {', '.join(unknown)}, which only the code of its run can make; pass {part}=… to "
            "load_from_checkpoint."
        )
    parser = ArgumentParser(exit_on_error=False)
    parser.add_class_arguments(
        base, "model", instantiate=False, skip=_arguments(base) - recorded.keys(), fail_untyped=False
    )
    # A subclass may have arguments of its own, even without type hints.
    own = recorded.keys() - _arguments(base)
    parser.add_class_arguments(method, "own", instantiate=False, skip=_arguments(method) - own, fail_untyped=False)
    options = {
        "model": {name: value for name, value in recorded.items() if name not in own},
        "own": {name: value for name, value in recorded.items() if name in own},
    }
    try:
        found = trust.built(parser, options, trusted)
    except (ArgumentError, TypeError, ValueError) as error:
        raise VerismError(
            f"{path}: the parts of its run cannot be built here ({error}); pass the one that cannot, such as "
            "losses=…, to load_from_checkpoint."
        ) from error
    return {**found.get("model", {}), **found.get("own", {}), **given}


def unrecorded(options: Mapping[str, Any]) -> list[str]:
    """Return the names, such as ``canvas.init``, of the options that a run could not record."""
    return sorted(name for name, value in flat(options).items() if value == UNRECORDED)


def _arguments(method: type[nn.Module]) -> set[str]:
    """Return the names of the arguments that a module can be built with; a subclass may choose some parts itself."""
    added = ArgumentParser().add_class_arguments(method, "model", instantiate=False, fail_untyped=False)
    return {name.split(".")[1] for name in added}


def _required(method: type[nn.Module]) -> list[str]:
    """Return the names of the arguments that a module cannot be built without."""
    return [
        name
        for name, parameter in inspect.signature(method).parameters.items()
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]


def restore(checkpoint: Mapping[str, Any], path: str | Path, canvas: Resumable, identity: Mapping[str, str]) -> None:
    """Load the state of a run's canvas into another canvas.

    Args:
        checkpoint: contents of the run's checkpoint.
        path: path or URL of the checkpoint, for messages.
        canvas: a canvas of the same kind as the run's.
        identity: ``weights`` and ``sha256`` of the network that replaces the run's.

    Raises:
        VerismError: the network has different weights, or the canvas is of another kind.
    """
    was = checkpoint["verism"]["backbone"]
    if was["sha256"] != identity["sha256"]:
        raise VerismError(f"{path}: was made with other weights, {was['weights']} of sha256 {was['sha256']}.")
    try:
        canvas.resume(canvas_state(checkpoint))
    except (KeyError, RuntimeError) as error:
        raise VerismError(f"{path}: is of a run with another canvas; pass the kind of canvas that it had.") from error


def options(checkpoint: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of model and data of a checkpoint's run, by dotted name."""
    return flat({**checkpoint["hyper_parameters"], "data": checkpoint.get("datamodule_hyper_parameters", {})})


def flat(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return nested options by dotted name: a class under its option's name, and the class's options below it."""
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
