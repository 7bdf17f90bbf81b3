"""The command ``doctor``: what this machine has, and what that means for a run."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path

import psutil
from jsonargparse import ArgumentParser

from verism import builds, machine, version
from verism.errors import VerismError
from verism.machine import Machine

DESCRIPTION = "Say what verism finds on this machine: versions, devices, precisions, weights, memory; and what to do."

PACKAGES = ("torch", "torchvision", "lightning", "torchmetrics", "tensorboard", "pillow", "jsonargparse")

IMAGENET = "vgg19-dcbb9e9d.pth"
"""Name of the file in which torch.hub stores torchvision's VGG-19."""

ON_CPU = {False: 1_521_075_520, True: 848_537_760}
ON_GPU = {False: 3_089_675_520, True: 1_632_837_760}
"""Memory of a step, in bytes per megapixel, by whether features are in bf16, as ``memory_estimate`` computes it for the
paper's style layers and the deepest content layer of all configs."""


def doctor(args: Sequence[str]) -> None:
    """Run ``doctor``, which has no options."""
    ArgumentParser(prog="verism doctor", description=DESCRIPTION, exit_on_error=False).parse_args(list(args))
    for name, found in findings().items():
        sys.stdout.write(f"{name + ':':<12}{found}\n")


def findings() -> Mapping[str, str]:
    """Return the findings by name, in print order; the last entry is a recommendation."""
    found = machine.find()
    return {
        "verism": f"{version.__version__}, Python {platform.python_version()}, {platform.system()}",
        "packages": ", ".join(map(_installed, PACKAGES)),
        "CPU": f"{processor()}, {os.cpu_count()} cores, {', '.join(found.features)}",
        "GPU": found.gpu or "none that torch can use",
        "precision": f"{'bf16-mixed' if found.bf16 else '32-true'}, unless --trainer.precision says otherwise",
        "weights": _weights(),
        "memory": f"{psutil.virtual_memory().available / 1e9:.1f} GB free of {psutil.virtual_memory().total / 1e9:.1f}",
        "advice": _advice(found),
    }


def _installed(package: str) -> str:
    try:
        return f"{package} {metadata.version(package)}"
    except metadata.PackageNotFoundError:
        return f"{package} is missing"


def processor() -> str:
    """Return the processor's name as reported by the system."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def imagenet_file() -> Path:
    """Return where torch.hub stores torchvision's VGG-19, without importing torch, which takes seconds."""
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    home = Path(os.environ.get("TORCH_HOME", f"{cache}/torch")).expanduser()
    return home / "hub" / "checkpoints" / IMAGENET


def _weights() -> str:
    file = imagenet_file()
    if file.is_file():
        return f"imagenet, at {file}"
    return "compact: embedded, not torchvision's VGG-19; for those --model.backbone.weights imagenet"


def _advice(found: Machine) -> str:
    try:
        builds.check()
    except VerismError as error:
        return str(error)
    takes = (ON_GPU if found.cuda else ON_CPU)[found.bf16]
    pixels = found.free / 2 / takes
    where = "this GPU" if found.cuda else "the CPU"
    whole = (
        f"images of up to {pixels:.1f} megapixels go at full speed, larger ones pass more of the network tile by tile"
    )
    if found.cuda or found.bf16:
        return f"run `verism mine.jpg theirs.jpg`; on {where}, {whole}."
    return (
        f"run `verism mine.jpg theirs.jpg --data.size 192`: {where} has no bf16 in hardware, so a step takes "
        f"several times as long as where it has; {whole}."
    )
