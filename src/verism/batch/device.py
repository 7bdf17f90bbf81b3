"""The device on which photos are graded, selected by name."""

from __future__ import annotations

import torch

from verism.errors import VerismError

CPU = torch.device("cpu")


def named(name: str) -> torch.device:
    """Return a device of this machine.

    Args:
        name: ``cpu``; ``cuda``, the first GPU; ``cuda:1``, another; or ``auto``, the first GPU, or the CPU without one.

    Raises:
        VerismError: the name is unknown, or there is no such GPU.
    """
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if name == "auto":
        return torch.device("cuda", 0) if count else CPU
    kind, colon, number = name.partition(":")
    if name == "cpu":
        return CPU
    if kind != "cuda" or (colon and not number.isdecimal()):
        raise VerismError(f"--device {name}: must be auto, cpu, cuda, or one of several GPUs, such as cuda:1.")
    index = int(number or 0)
    if not count:
        raise VerismError(f"--device {name}: torch finds no GPU here; choose auto or cpu.")
    if index >= count:
        last = f"the last is cuda:{count - 1}" if count > 1 else "the only one is cuda:0"
        raise VerismError(f"--device {name}: there is no such GPU here; {last}.")
    return torch.device("cuda", index)
