"""Estimates the time and memory that a sweep will need, from one measured step of each of its models."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from verism import precision
from verism.canvas import Pixels
from verism.commands.options import FitOptions
from verism.data import Photos
from verism.data.options import photo_pair
from verism.errors import VerismError
from verism.module import StyleTransfer
from verism.sweep.run import Run

SIDE = 192
"""Side of the square image used for measuring, in pixels."""

START = 0.5
"""Seconds that a run takes besides its steps, in a worker that has already made a run."""


class Cost(NamedTuple):
    """The cost of a step.

    Attributes:
        seconds: seconds per pixel of the image.
        memory: bytes per pixel that the forward pass keeps for the backward pass.
    """

    seconds: float
    memory: float


def estimate(runs: Sequence[Run], workers: int, threads: int) -> str:
    """Return a list of the runs with the time and memory of each, and the total, as text.

    One step of each distinct model is timed on a square of noise, and multiplied by pixels and steps. The memory is
    that of this process plus what a step keeps. Both estimates are rough: accurate to within about a third.

    Args:
        runs: the runs of the sweep, at least one; a finished run takes no time.
        workers: number of runs at a time.
        threads: number of CPU threads of each worker.
    """
    reader = FitOptions()
    torch.set_num_threads(threads)

    @cache
    def cost(model: str) -> Cost:
        return _cost(reader, json.loads(model))

    @cache
    def pixels(data: str) -> int | VerismError:
        try:
            return photo_pair(json.loads(data)).photos.content[0, 0].numel()
        except VerismError as error:
            return error

    # Measured after the first model only: a worker has one model in memory, this process all models it has measured.
    cost(_model(runs[0]))
    resident = _resident()
    lines = []
    total, largest = 0.0, 0.0
    for run in runs:
        size = pixels(json.dumps(run.options["data"]))
        if isinstance(size, VerismError):
            lines.append(f"{run.folder.name}: will fail: {size}")
            continue
        step = cost(_model(run))
        steps = run.options["trainer"]["max_steps"]
        seconds = 0.0 if run.finished else START + steps * size * step.seconds
        gigabytes = (resident + size * step.memory) / 1e9
        total, largest = total + seconds, max(largest, gigabytes)
        state = "finished" if run.finished else f"{_clock(seconds)}, {gigabytes:.1f} GB"
        lines.append(f"{run.folder.name}: {size / 1e6:.2f} megapixels, {steps} steps, {state}")
    lines.append(
        f"{len(runs)} runs, {workers} at a time: about {_clock(total / workers)}, "
        f"and {workers * largest:.1f} GB of memory at most."
    )
    return "\n".join(lines) + "\n"


def _model(run: Run) -> str:
    """Return, as JSON, the options that determine how long a run's step takes per pixel."""
    parts = {name: run.options[name] for name in ("model", "optimizer")}
    return json.dumps(parts | {"precision": run.options["trainer"]["precision"]})


def _cost(reader: FitOptions, options: Mapping[str, Any]) -> Cost:
    parts = {name: options[name] for name in ("model", "optimizer")}
    model = reader.build(parts | {"data": {"content": "none", "style": "none"}})
    if isinstance(model.canvas, Pixels) and isinstance(model.canvas.init, Path):
        model.canvas.init = "content"
    mixed = (options["precision"] or precision.fastest("cpu")) == "bf16-mixed"
    context = torch.autocast("cpu", torch.bfloat16) if mixed else nullcontext()
    with context:
        # Memory that does not grow with the photo, such as that of the filters, cancels out in the difference.
        small, _ = _step(model, SIDE // 2)
        memory, seconds = _step(model, SIDE)
    return Cost(seconds / SIDE**2, (memory - small) / (SIDE**2 - (SIDE // 2) ** 2))


def _step(model: StyleTransfer, side: int) -> tuple[int, float]:
    """Return the bytes that a step on a square of noise keeps for its backward pass, and the seconds it takes."""
    photos = Photos(*torch.rand(2, 1, 3, side, side, generator=torch.Generator().manual_seed(0)))
    model.start(photos)
    model.set_targets(photos)
    optimizer = model.make_optimizer()
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    def closure() -> float:
        optimizer.zero_grad()
        loss: Tensor = model.training_step(photos, 0)["loss"]
        loss.backward()
        return float(loss.detach())

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = model.training_step(photos, 0)["loss"]
    del loss
    return sum(kept.values()), min(_timed(lambda: optimizer.step(closure)) for _ in range(2))


def _timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _resident() -> float:
    """Return the peak memory of this process, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
