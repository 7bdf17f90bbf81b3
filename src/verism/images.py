"""Images as tensors: reading, writing, 8-bit levels, resizing, cutting into bands, blending, luma."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism import photo_file
from verism.photo_file import MIN_SIDE, Photo

BAND = 2**18
"""Number of pixels that are computed at a time, to limit memory for photos of any size. With four times as many,
rendering takes a fifth longer."""


def read(path: str | Path) -> Tensor:
    """Return the pixels of a photo file, ``(1, 3, H, W)``, sRGB in [0, 1], as ``photo_file.read`` returns them."""
    return photo_file.read(path).pixels


def write(path: str | Path, image: Tensor, made_with: Mapping[str, str]) -> None:
    """Write an image with ``photo_file.write``, rounded to 8 bits.

    Args:
        path: the file, whose extension decides the format.
        image: ``(1, 3, H, W)``, sRGB, clipped to [0, 1].
        made_with: what the image was made with, for the file's metadata.

    Raises:
        VerismError: the file cannot be written.
    """
    photo_file.write(path, Photo(image), made_with)


def to_levels(image: Tensor) -> NDArray[np.uint8]:
    """Return an image ``(1, 3, H, W)``, RGB, clipped to [0, 1], as levels ``(H, W, 3)``, the form that Pillow takes."""
    levels = (image.detach().float().clamp(0, 1).squeeze(0) * 255).round().to(torch.uint8)
    rows: NDArray[np.uint8] = levels.permute(1, 2, 0).cpu().numpy()
    return rows


def from_levels(levels: NDArray[np.uint8]) -> Tensor:
    """Return levels ``(H, W, C)`` as an image ``(1, C, H, W)``, float32 in [0, 1]."""
    return torch.from_numpy(levels).permute(2, 0, 1).unsqueeze(0).contiguous() / 255


def resize(image: Tensor, shape: Sequence[int]) -> Tensor:
    """Resize ``(1, C, H, W)`` to ``shape`` (height, width): bilinear, antialiased, like torchvision's ``Resize``."""
    if tuple(image.shape[-2:]) == tuple(shape):
        return image
    return F.interpolate(image, list(shape), mode="bilinear", align_corners=False, antialias=True)


def scale(image: Tensor, short: int) -> Tensor:
    """Resize ``(1, C, H, W)`` to a short side of ``short`` pixels; the long side is rounded down."""
    height, width = image.shape[-2:]
    own = min(height, width)
    return resize(image, (height * short // own, width * short // own))


def within(image: Tensor, area: int) -> Tensor:
    """Scale ``(1, C, H, W)`` down to at most ``area`` pixels, but not below a short side of ``MIN_SIDE``."""
    height, width = image.shape[-2:]
    short = min(height, width)
    return scale(image, min(short, max(MIN_SIDE, int(short * (area / (height * width)) ** 0.5))))


def to_height(image: Tensor, height: int) -> Tensor:
    """Resize ``(1, C, H, W)`` to a height in pixels, keeping its aspect ratio."""
    return resize(image, (height, max(1, image.shape[-1] * height // image.shape[-2])))


def bands(*images: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """Yield views of a few rows at a time, about ``BAND`` pixels, of images ``(1, C, H, W)`` of the same size."""
    rows = max(1, BAND // images[0].shape[-1])
    yield from zip(*(image.split(rows, dim=-2) for image in images), strict=True)


def blend(photo: Tensor, image: Tensor, strength: float) -> Tensor:
    """Return ``photo + strength · (image − photo)``, which equals the photo exactly at strength 0.

    Args:
        photo: ``(1, 3, H, W)``, RGB in [0, 1].
        image: ``(1, 3, H, W)``, RGB, of any type and on any device. It is clipped to [0, 1] before blending, so that
            half the strength is half of the visible change.
        strength: in [0, 1].
    """
    return torch.lerp(photo, image.to(photo).clamp(0, 1), strength)


def luma(image: Tensor) -> Tensor:
    """Return the luma ``(1, 1, H, W)`` of ``(1, 3, H, W)``: Rec. 601 weights on gamma-encoded RGB, as in Pillow."""
    # Without blocking, so that Python does not wait for the GPU.
    weights = torch.tensor([0.299, 0.587, 0.114], dtype=image.dtype).to(image.device, non_blocking=True)
    return torch.einsum("c,bchw->bhw", weights, image).unsqueeze(1)
