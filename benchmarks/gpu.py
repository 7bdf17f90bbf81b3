"""How fast verism is on one GPU: ``python benchmarks/gpu.py``; about ten minutes.

Everything is beside the paper's loop and beside what a product of two matrices reaches, measured in the same process.
A step is timed over many, without looking at its loss; the paper's loop looks at it, as its code does.
"""

from __future__ import annotations

import math
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import torch
from arithmetic import DTYPES, of_step, peak, wait_for
from jsonargparse import auto_cli
from lightning.pytorch import Callback, LightningModule, Trainer
from ours import CONFIGS, Precision, as_paper, losses
from paper_loop import paper
from photos import of_a_folder
from programs import Loop, Report
from steps import frame
from tables import table
from torch import Tensor

from verism import Photos, VerismError, images, step_option
from verism.commands.fit import VerismCLI
from verism.quiet import quieten_lightning

Section = Literal["machine", "steps", "fit", "photos"]

Kind = Mapping[str, bool]

LIGHTNINGS = {"bf16": "bf16-mixed", "fp32": "32-true"}
"""Lightning's names of precisions."""

PHOTOS: Mapping[str, str] = {"content": "picos.jpg", "style": "sunset.jpg"}
"""The photos of ``fit``, by their role."""

WARM = 5
"""Steps that are not timed; in the first, a step is compiled and captured."""

KINDS: Mapping[str, Kind] = {
    "": {"capture": False},
    ", captured": {"capture": True},
    ", compiled": {"capture": False, "compile": True},
    ", compiled and captured": {"capture": True, "compile": True},
}
"""The options of the model by which a step may be taken over from Python, by what is said of it."""


def main(
    sections: Sequence[Section] = get_args(Section),
    sizes: Sequence[int] = (256, 600, 2160),
    steps: int = 50,
    fit_size: int = 600,
    fit_steps: int = 1000,
    device: str = "cuda",
    side: int = 8192,
    photos: int = 24,
) -> None:
    """Print Markdown tables.

    Args:
        sections: what to measure.
        sizes: short sides in pixels of the photos on which a step is measured; the longer is 16 / 9 of it.
        steps: that are timed.
        fit_size: short side in pixels at which ``fit`` is measured, with all that it writes.
        fit_steps: its steps.
        device: on which; ``cpu`` shows that the program works, and has no captured or compiled steps.
        side: of the matrices whose product gives the peak.
        photos: that ``predict`` gives a look.
    """
    for section in sections:
        for line in lines(section, sizes, steps, fit_size, fit_steps, device, side, photos):
            print(line, flush=True)
        print(flush=True)


def lines(
    section: Section,
    sizes: Sequence[int],
    steps: int,
    fit_size: int,
    fit_steps: int,
    device: str,
    side: int,
    photos: int,
) -> Iterator[str]:
    """Yield what one section says, by line; the arguments are those of ``main``."""
    if section == "machine":
        yield _machine(device, side)
    elif section == "steps":
        header = ["pixels", "program", "ms/step", "of the paper's loop", "GB", "of the peak"]
        yield from table(header, _steps(sizes, steps, device, side))
    elif section == "photos":
        for place in dict.fromkeys(("cpu", device)):
            yield from of_a_folder(photos, place)
            yield ""
    else:
        yield from table(["`fit`", "s, with all that it writes", "ms/step"], _fits(fit_size, fit_steps, device))


class Way(NamedTuple):
    """A program, and the precision of its arithmetic."""

    name: str
    loop: Loop
    precision: Precision


def ways(device: str) -> list[Way]:
    """Return the programs that are timed; the paper's loop first."""
    found = [Way("the paper's loop, fp32", paper, "fp32")]
    for precision in get_args(Precision):
        for said, kind in kinds(device).items():
            found.append(Way(f"verism, {precision}{said}", partial(ours, precision=precision, kind=kind), precision))
    return [*found, Way("verism, bf16, `--model.tile 1024`", partial(ours, precision="bf16", tile=1024), "bf16")]


def kinds(device: str) -> Mapping[str, Kind]:
    """Return those of ``KINDS`` that there are on a device."""
    return KINDS if torch.device(device).type == step_option.DEVICE else {"": KINDS[""]}


def ours(photos: Photos, report: Report, precision: Precision, tile: int | None = None, kind: Kind = KINDS[""]) -> None:
    """Minimise the paper's loss, without end, and without a look at it."""
    transfer = as_paper(tile=tile, **kind).to(photos.content.device)
    for _ in losses(transfer, photos, precision):
        report(math.nan)


class _EnoughError(Exception):
    """All steps are made."""


def seconds_a_step(loop: Loop, photos: Photos, steps: int) -> float:
    """Return how long a step takes, on the device of the photos, after ``WARM`` that are not timed."""
    made = 0
    times: list[float] = []
    device = str(photos.content.device)

    def report(_loss: float) -> None:
        nonlocal made
        made += 1
        if made in (WARM, WARM + steps):
            wait_for(device)
            times.append(time.perf_counter())
        if made == WARM + steps:
            raise _EnoughError

    with suppress(_EnoughError):
        loop(photos, report)
    first, last = times
    return (last - first) / steps


def _machine(device: str, side: int) -> str:
    name = torch.cuda.get_device_name(device) if torch.device(device).type == "cuda" else device
    peaks = ", ".join(f"{precision} {peak(precision, device=device, side=side) / 1e12:.2f}" for precision in DTYPES)
    return f"{name}; torch {torch.__version__}; product of two square matrices, TFLOP/s: {peaks}."


def _steps(sizes: Sequence[int], steps: int, device: str, side: int) -> Iterator[list[str]]:
    peaks = {precision: peak(precision, device=device, side=side) for precision in DTYPES}
    layers = {layer for loss in as_paper().losses.values() for layer in loss.layers}
    for size in sizes:
        height, width = frame(size)
        generator = torch.Generator().manual_seed(0)
        photos = Photos(*(torch.rand(1, 3, height, width, generator=generator).to(device) for _ in range(2)))
        first: float | None = None
        for way in ways(device):
            _forget_memory(device)
            try:
                seconds = seconds_a_step(way.loop, photos, steps)
            except VerismError as error:
                yield [f"{height}×{width}", way.name, *[""] * 4]
                print(f"{way.name}: {error}", file=sys.stderr)
                continue
            first = first or seconds
            share = of_step(layers, height, width) / seconds / peaks[way.precision]
            ratio = f"{seconds / first:.2f}"
            yield [f"{height}×{width}", way.name, f"{1000 * seconds:.2f}", ratio, _memory(device), f"{share:.0%}"]


def _forget_memory(device: str) -> None:
    if torch.device(device).type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)


def _memory(device: str) -> str:
    """Return the most memory of the GPU that was taken at a time, in GB."""
    return f"{torch.cuda.max_memory_allocated(device) / 1e9:.1f}" if torch.device(device).type == "cuda" else ""


def _fits(size: int, steps: int, device: str) -> Iterator[list[str]]:
    quieten_lightning()
    for precision in ("fp32", "bf16"):
        for kind in kinds(device).values():
            asked = (f"--model.{name} {str(value).lower()}" for name, value in kind.items())
            options = " ".join([*asked, f"--trainer.precision {LIGHTNINGS[precision]}"])
            with tempfile.TemporaryDirectory() as folder:
                seconds = _Timed(size, steps, device, folder, options.split()).seconds
            yield [f"`paper/leaky.yaml {options}`", f"{seconds:.2f}", f"{1000 * seconds / steps:.2f}"]


class _Timed(VerismCLI):
    """``fit``, timed from its first step to its last file.

    Attributes:
        seconds: that it took.
    """

    def __init__(self, size: int, steps: int, device: str, folder: str, options: Sequence[str]) -> None:
        """Run the paper's config on verism's photos, with all callbacks that ``fit`` has by default."""
        self._clock = _Clock()
        photos = {name: Path(folder) / file for name, file in PHOTOS.items()}
        for file in photos.values():
            images.write(file, _framed(images.read(CONFIGS / "photos" / file.name), size), {})
        config = ["--config", str(CONFIGS / "paper" / "leaky.yaml"), "--model.backbone.weights", "compact"]
        config += [f"--data.{name}={file}" for name, file in photos.items()]
        config += [
            "--data.size",
            str(size),
            "--trainer.max_steps",
            str(steps),
            "--trainer.enable_progress_bar",
            "false",
        ]
        accelerator = "gpu" if torch.device(device).type == "cuda" else "cpu"
        config += ["--trainer.accelerator", accelerator, "--trainer.devices", "1", "--model.tile", "null"]
        super().__init__(["fit", *config, "--trainer.default_root_dir", folder, *options])
        self.seconds = time.perf_counter() - self._clock.start

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:
        """Add the clock."""
        trainer = self.config_init.fit.trainer
        trainer.callbacks = [self._clock, *(trainer.callbacks or [])]
        return super().instantiate_trainer(**kwargs)


def _framed(photo: Tensor, size: int) -> Tensor:
    """Return the middle of a photo in the paper's shape, of ``size`` pixels on its short side."""
    height, width = frame(size)
    rows = round(photo.shape[-1] * height / width)
    top = (photo.shape[-2] - rows) // 2
    return images.resize(photo[..., top : top + rows, :], (height, width))


class _Clock(Callback):
    """Tells when the run began, which is when its targets were there."""

    def __init__(self) -> None:
        self.start = 0.0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.start = time.perf_counter()


if __name__ == "__main__":
    auto_cli(main)
