"""What this machine computes with, without importing torch where that is not needed: it takes seconds."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import psutil

CPUINFO, DEVICES = Path("/proc/cpuinfo"), Path("/dev")
"""Where Linux says what there is."""

GPUS = ("nvidia*", "kfd", "dxg")
"""Names of the devices by which torch reaches a GPU on Linux: NVIDIA's, AMD's, and Windows' under it."""

AVX512 = {"avx512f", "avx512bw", "avx512dq", "avx512vl", "fma"}
"""Flags of a CPU that torch calls AVX512."""


class Machine(NamedTuple):
    """What a machine computes with.

    Attributes:
        features: of the CPU, in torch's words, the fastest first.
        gpu: in words; empty if torch can use none.
        cuda: whether it is one of CUDA's.
        bf16: whether it multiplies bf16 in hardware, there where a run computes by default.
        free: bytes of memory that are free there.
    """

    features: Sequence[str]
    gpu: str
    cuda: bool
    bf16: bool
    free: int


def find() -> Machine:
    """Return what there is."""
    return asked() if not _is_plain() else seen()


def _is_plain() -> bool:
    """Return whether Linux alone can tell: on a PC's processor, with no GPU, and nothing told to torch."""
    return (
        platform.system() == "Linux"
        and platform.machine() == "x86_64"
        and CPUINFO.is_file()
        and "ATEN_CPU_CAPABILITY" not in os.environ
        and not any(found for pattern in GPUS for found in DEVICES.glob(pattern))
    )


def seen() -> Machine:
    """Return what Linux says of a machine without a GPU."""
    lines = CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines()
    flags = set(next((line.partition(":")[2].split() for line in lines if line.startswith("flags")), []))
    vectors = "AVX512" if flags >= AVX512 else "AVX2" if {"avx2", "fma"} <= flags else "DEFAULT"
    found = {"AMX": "amx_tile" in flags, "bf16 in AVX-512": "avx512_bf16" in flags}
    features = [*(name for name, there in found.items() if there), vectors]
    return Machine(features, "", cuda=False, bf16=any(found.values()), free=psutil.virtual_memory().available)


def asked() -> Machine:
    """Return what torch says."""
    torch, precision = import_module("torch"), import_module("verism.precision")
    memory_estimate = import_module("verism.tiling.memory_estimate")
    found = {
        "AMX": torch.cpu._is_amx_tile_supported(),
        "bf16 in AVX-512": torch.cpu._is_avx512_bf16_supported(),
        torch.backends.cpu.get_cpu_capability(): True,
    }
    cuda = torch.cuda.is_available()
    devices = map(torch.cuda.get_device_properties, range(torch.cuda.device_count() if cuda else 0))
    gpu = ", ".join(f"{device.name} ({device.total_memory / 1e9:.0f} GB)" for device in devices)
    if not cuda and torch.backends.mps.is_available():
        gpu = "Apple's (mps)"
    return Machine(
        [name for name, there in found.items() if there],
        gpu,
        cuda=cuda,
        bf16=precision.fastest("auto") == "bf16-mixed",
        free=memory_estimate.free(torch.device("cuda" if cuda else "cpu")),
    )
