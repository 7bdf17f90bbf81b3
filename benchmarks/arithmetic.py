"""How much arithmetic a step is, and how much this machine can do."""

from __future__ import annotations

import time
from collections.abc import Iterable

import torch

from verism.backbone.architecture import BLOCKS, down_to

SIDE = 4096
"""Of the matrices whose product gives the machine's peak."""

DTYPES = {"bf16": torch.bfloat16, "fp32": torch.float32}


def of_step(layers: Iterable[str], height: int, width: int) -> float:
    """Return the floating-point operations of a step's convolutions, of an image, there and back.

    All else that a step does is not counted: it is not what the step is for.
    """
    total = 0
    for block in down_to(BLOCKS, layers):
        positions = (height // block.stride) * (width // block.stride)
        total += sum(2 * 9 * layer.inputs * layer.outputs * positions for layer in block.convolutions)
    return 2.0 * total


def peak(precision: str, repeats: int = 5, device: str = "cpu", side: int = SIDE) -> float:
    """Return the operations a second of a product of two large square matrices, at the best of some attempts.

    Args:
        precision: of ``DTYPES``.
        repeats: attempts.
        device: that multiplies.
        side: of the matrices.
    """
    left, right = (torch.randn(side, side).to(device, DTYPES[precision]) for _ in range(2))
    left @ right
    seconds = []
    for _ in range(repeats):
        wait_for(device)
        start = time.perf_counter()
        left @ right
        wait_for(device)
        seconds.append(time.perf_counter() - start)
    return 2.0 * side**3 / min(seconds)


def wait_for(device: str) -> None:
    """Return when a device has done all that it was asked for."""
    if torch.device(device).type == "cuda":
        torch.cuda.synchronize(device)
