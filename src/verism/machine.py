"""The hardware that a run can use, found without importing torch if possible, because that takes seconds."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import psutil

CPUINFO, DEVICES = Path("/proc/cpuinfo"), Path("/dev")
"""Where Linux describes the CPU and lists the devices."""

GPUS = ("nvidia*", "kfd", "dxg")
"""Names of the devices through which torch reaches a GPU on Linux: NVIDIA's, AMD's, and that of Windows' WSL."""

AVX512 = {"avx512f", "avx512bw", "avx512dq", "avx512vl", "fma"}
"""Flags of the CPUs whose instruction set torch calls AVX512."""


class Machine(NamedTuple):
    """The hardware of a machine.

    Attributes:
        features: instruction sets of the CPU, under torch's names, fastest first.
        gpu: names of the GPUs, with their memory if torch knows it; empty if torch cannot use any.
        cuda: whether the GPU is used through CUDA.
        bf16: whether the default device of a run multiplies bf16 in hardware.
        free: free memory of that device, in bytes.
    """

    features: Sequence[str]
    gpu: str
    cuda: bool
    bf16: bool
    free: int


def find() -> Machine:
    """Return the hardware of this machine."""
    return from_proc() if _is_plain() else from_torch()


def _is_plain() -> bool:
    """Return whether Linux alone can answer: on an x86-64 CPU without a GPU, if no variable sets torch's features."""
    return (
        platform.system() == "Linux"
        and platform.machine() == "x86_64"
        and CPUINFO.is_file()
        and "ATEN_CPU_CAPABILITY" not in os.environ
        and not any(found for pattern in GPUS for found in DEVICES.glob(pattern))
    )


def from_proc() -> Machine:
    """Return what Linux reports about a machine without a GPU."""
    lines = CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines()
    flags = set(next((line.partition(":")[2].split() for line in lines if line.startswith("flags")), []))
    vectors = "AVX512" if flags >= AVX512 else "AVX2" if {"avx2", "fma"} <= flags else "DEFAULT"
    found = {"AMX": "amx_tile" in flags, "bf16 in AVX-512": "avx512_bf16" in flags}
    features = [*(name for name, there in found.items() if there), vectors]
    return Machine(features, "", cuda=False, bf16=any(found.values()), free=psutil.virtual_memory().available)


def from_torch() -> Machine:
    """Return what torch reports about this machine."""
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
