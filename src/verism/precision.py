"""The precision to compute in if none is requested, and the one in which a run starts whatever is requested."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import torch


def fastest(accelerator: str) -> Literal["bf16-mixed", "32-true"]:
    """Return ``bf16-mixed`` if the device multiplies bf16 in hardware, else ``32-true``.

    Mixed precision keeps the image, the Gram matrices and the losses in float32; only the network's features are bf16.

    Args:
        accelerator: as passed to the Trainer: ``cpu``, ``gpu``, ``cuda``, ``auto``, …
    """
    if accelerator in ("auto", "gpu", "cuda") and torch.cuda.is_available():
        hardware = torch.cuda.is_bf16_supported(including_emulation=False)
    elif accelerator in ("auto", "gpu", "mps") and torch.backends.mps.is_available():
        hardware = False
    else:
        # torch's public list of capabilities is newer than the oldest supported torch.
        hardware = torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
    return "bf16-mixed" if hardware else "32-true"


@contextmanager
def in_float32() -> Iterator[None]:
    """Make float32 the type of new tensors, as the photos are; a Trainer or the user may have chosen another."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)
    try:
        yield
    finally:
        torch.set_default_dtype(before)
