"""The command ``doctor``: what this machine has, and what that means for a run."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path

import psutil
import torch
from jsonargparse import ArgumentParser

from verism import precision, version
from verism.backbone import weights
from verism.backbone.architecture import BLOCKS, down_to
from verism.losses.style import DEFAULT_LAYERS
from verism.quiet import quieten_lightning
from verism.tiling import memory_estimate

DESCRIPTION = "Say what verism finds on this machine: versions, devices, precisions, weights, memory; and what to do."

PACKAGES = ("torch", "torchvision", "lightning", "torchmetrics", "tensorboard", "pillow", "jsonargparse")

LAYERS = {*DEFAULT_LAYERS, "conv5_4"}
"""The paper's, the deepest that any config looks at."""


def doctor(args: Sequence[str]) -> None:
    """Run ``doctor``, which has no options."""
    quieten_lightning()
    ArgumentParser(prog="verism doctor", description=DESCRIPTION, exit_on_error=False).parse_args(list(args))
    for name, found in findings().items():
        sys.stdout.write(f"{name + ':':<12}{found}\n")


def findings() -> Mapping[str, str]:
    """Return what there is, by the name of it, and last a recommendation."""
    packages = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return {
        "verism": f"{version.__version__}, Python {platform.python_version()}, {platform.system()}",
        "packages": packages,
        "CPU": f"{processor()}, {os.cpu_count()} cores, {_cpu_features()}",
        "GPU": _gpus(),
        "precision": f"{precision.fastest('auto')}, unless --trainer.precision says otherwise",
        "weights": _weights(),
        "memory": f"{psutil.virtual_memory().available / 1e9:.1f} GB free of {psutil.virtual_memory().total / 1e9:.1f}",
        "advice": _advice(device),
    }


def processor() -> str:
    """Return the processor's name, as the system has it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def _cpu_features() -> str:
    found = {
        "AMX": torch.cpu._is_amx_tile_supported(),
        "bf16 in AVX-512": torch.cpu._is_avx512_bf16_supported(),
        torch.backends.cpu.get_cpu_capability(): True,
    }
    return ", ".join(name for name, there in found.items() if there)


def _gpus() -> str:
    if not torch.cuda.is_available():
        return "Apple's (mps)" if torch.backends.mps.is_available() else "none that torch can use"
    devices = map(torch.cuda.get_device_properties, range(torch.cuda.device_count()))
    return ", ".join(f"{device.name} ({device.total_memory / 1e9:.0f} GB)" for device in devices)


def _weights() -> str:
    file = weights.VGG19.imagenet_file
    if file.is_file():
        return f"imagenet, at {file}"
    return "compact: embedded, not torchvision's VGG-19; for those --model.backbone.weights imagenet"


def _advice(device: torch.device) -> str:
    fastest = precision.fastest("auto")
    bytes_each = 2 if fastest == "bf16-mixed" else 4
    megapixel = memory_estimate.Step(down_to(BLOCKS, LAYERS), 1000, 1000, bytes_each)
    pixels = memory_estimate.free(device) / 2 / megapixel.takes(memory_estimate.fastest(device))
    where = "this GPU" if device.type == "cuda" else "the CPU"
    whole = (
        f"images of up to {pixels:.1f} megapixels go at full speed, larger ones pass more of the network tile by tile"
    )
    if device.type == "cuda" or fastest == "bf16-mixed":
        return f"run `verism fit --config photoreal.yaml`; on {where}, {whole}."
    return (
        f"run `verism fit --config photoreal.yaml --data.size 192`: {where} has no bf16 in hardware, so a step takes "
        f"several times as long as where it has; {whole}."
    )
