"""Images as tensors: their sizes, their mixture, their brightness."""

from __future__ import annotations

import glob
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism import photo_file
from verism.errors import VerismError
from verism.photo_file import MIN_SIDE, Photo


def read(path: Path) -> Tensor:
    """Return the pixels of a photo file, ``(1, 3, H, W)`` sRGB in [0, 1], as ``photo_file.read`` has them."""
    return photo_file.read(path).pixels


def matching(pattern: Path) -> list[Path]:
    """Return the files that a pattern such as ``holiday/*.jpg`` stands for, in order; raise ``VerismError`` if none.

    A path without wildcards stands for itself, also if there is no such file: whoever reads it will say so.
    """
    if pattern.is_file() or not glob.has_magic(str(pattern)):
        return [pattern]
    found = Path(pattern.anchor).glob(str(pattern.relative_to(pattern.anchor)))
    files = sorted(path for path in found if path.is_file())
    if not files:
        raise VerismError(f"{pattern}: matches no photo.")
    return files


def write(path: Path, image: Tensor, made_with: Mapping[str, str]) -> None:
    """Write ``(1, 3, H, W)`` sRGB, clipped to [0, 1] and rounded to 8 bits, as ``photo_file.write`` does."""
    photo_file.write(path, Photo(image), made_with)


def resize(image: Tensor, shape: Sequence[int]) -> Tensor:
    """Resize ``(1, 3, H, W)`` to ``shape`` (height, width): bilinear, antialiased, as torchvision's ``Resize``."""
    if tuple(image.shape[-2:]) == tuple(shape):
        return image
    return F.interpolate(image, list(shape), mode="bilinear", align_corners=False, antialias=True)


def scale(image: Tensor, short: int) -> Tensor:
    """Resize ``(1, 3, H, W)`` until its short side has ``short`` pixels; the other is rounded down."""
    height, width = image.shape[-2:]
    own = min(height, width)
    return resize(image, (height * short // own, width * short // own))


def within(image: Tensor, area: int) -> Tensor:
    """Scale ``(1, 3, H, W)`` down to at most ``area`` pixels, but not below a short side of ``MIN_SIDE``."""
    height, width = image.shape[-2:]
    short = min(height, width)
    return scale(image, min(short, max(MIN_SIDE, int(short * (area / (height * width)) ** 0.5))))


def to_height(image: Tensor, height: int) -> Tensor:
    """Resize ``(1, 3, H, W)`` to a height, keeping its shape: for pictures that stand side by side."""
    return resize(image, (height, max(1, image.shape[-1] * height // image.shape[-2])))


def blend(photo: Tensor, image: Tensor, strength: float) -> Tensor:
    """Return ``photo + strength · (image − photo)``, so that strength 0 is the photo exactly.

    Args:
        photo: ``(1, 3, H, W)``.
        image: of the same shape, and taken to the photo's type and device; clipped to [0, 1] before, so that half the
            strength is half the change that is seen.
        strength: in [0, 1].
    """
    return torch.lerp(photo, image.to(photo).clamp(0, 1), strength)


def luma(image: Tensor) -> Tensor:
    """Return the luma ``(1, 1, H, W)`` of ``(1, 3, H, W)``: Rec. 601 weights on gamma-encoded RGB, as Pillow's "L"."""
    # Nobody waits for a GPU.
    weights = torch.tensor([0.299, 0.587, 0.114], dtype=image.dtype).to(image.device, non_blocking=True)
    return torch.einsum("c,bchw->bhw", weights, image).unsqueeze(1)
