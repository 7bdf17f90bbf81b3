"""Photo files to RGB tensors and back: the only place that knows file formats."""

from __future__ import annotations

import glob
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism import atomic
from verism.errors import VerismError

MIN_SIDE = 32
"""The shortest side, in pixels, that is worth looking at: VGG-19's deepest layers see 1/16 of it."""


def read(path: Path) -> Tensor:
    """Read a photo.

    EXIF orientation is applied. Greyscale, palette and CMYK images are converted to RGB; 16-bit greyscale keeps its
    depth, 16-bit colour is read at 8 bits; transparent pixels are laid over white. Embedded colour profiles are not
    applied: values are taken as sRGB.

    Args:
        path: any format that Pillow reads: JPEG, PNG, WebP, TIFF, …

    Returns:
        ``(1, 3, H, W)`` float32, RGB in [0, 1].

    Raises:
        VerismError: the file is missing, is no image, is damaged, has a side of less than ``MIN_SIDE`` pixels, or has
            floating-point samples outside of [0, 1].
    """
    if not path.is_file():
        raise VerismError(f"{path}: no such photo.")
    try:
        with Image.open(path) as file:
            if min(file.size) < MIN_SIDE:
                raise VerismError(
                    f"{path}: {file.width}×{file.height} pixels are too few; a photo needs at least {MIN_SIDE} a side."
                )
            pixels = _rgb(ImageOps.exif_transpose(file))
    except UnidentifiedImageError as error:
        raise VerismError(f"{path}: not an image in a format that can be read (JPEG, PNG, WebP, TIFF, …).") from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise VerismError(f"{path}: cannot be read as an image ({error}).") from error
    # Also refuses NaN, which compares false.
    if not bool(((pixels >= 0) & (pixels <= 1)).all()):
        raise VerismError(f"{path}: has floating-point samples outside of [0, 1]; scale them before.")
    return torch.from_numpy(pixels).permute(2, 0, 1).unsqueeze(0).contiguous()


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
    """Write an image, whole or not at all, replacing what stood there.

    Args:
        path: ends in ``.png``, ``.jpg`` or ``.jpeg``; missing folders are made.
        image: ``(1, 3, H, W)``, RGB; clipped to [0, 1] and rounded to 8 bits.
        made_with: what to say of its making; stored as JSON in the EXIF field ImageDescription.

    Raises:
        VerismError: the ending is not one of these, or the file cannot be written.
    """
    options = format_options(path)
    levels = (image.detach().squeeze(0).clamp(0, 1) * 255).round().to(torch.uint8)
    picture = Image.fromarray(levels.permute(1, 2, 0).cpu().numpy())
    exif = Image.Exif()
    exif[ExifTags.Base.Software] = "verism"
    exif[ExifTags.Base.ImageDescription] = json.dumps(dict(made_with))
    encoded = io.BytesIO()
    picture.save(encoded, exif=exif, **options)
    atomic.write(path, encoded.getvalue())


def format_options(path: Path) -> Mapping[str, Any]:
    """Return Pillow's options for a file of this name; raise ``VerismError`` if its ending is not one we write."""
    options = _FORMATS.get(path.suffix.lower())
    if options is None:
        raise VerismError(f"{path}: results are written as {', '.join(_FORMATS)}; choose one of these endings.")
    return options


def can_write(path: Path) -> bool:
    """Return whether results are written to files of this ending."""
    return path.suffix.lower() in _FORMATS


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


def check_strength(option: str, strength: float) -> None:
    """Raise ``VerismError``, naming ``option``, unless ``strength`` is one that ``blend`` takes."""
    if not 0 <= strength <= 1:
        raise VerismError(f"{option} {strength}: must be from 0, the content photo, to 1, the result.")


def luma(image: Tensor) -> Tensor:
    """Return the luma ``(1, 1, H, W)`` of ``(1, 3, H, W)``: Rec. 601 weights on gamma-encoded RGB, as Pillow's "L"."""
    weights = torch.tensor([0.299, 0.587, 0.114], dtype=image.dtype, device=image.device)
    return torch.einsum("c,bchw->bhw", weights, image).unsqueeze(1)


_FORMATS: Mapping[str, Mapping[str, Any]] = {
    ".png": {"format": "PNG"},
    ".jpg": {"format": "JPEG", "quality": 95, "subsampling": "4:4:4"},
    ".jpeg": {"format": "JPEG", "quality": 95, "subsampling": "4:4:4"},
}


def _rgb(picture: Image.Image) -> NDArray[np.float32]:
    """Return ``(H, W, 3)`` in [0, 1] for a picture of any mode."""
    if picture.mode == "F":
        grey = np.asarray(picture, np.float32)
        return np.repeat(grey[:, :, None], 3, axis=2)
    if picture.mode.startswith("I"):
        # 16-bit greyscale; Pillow would clip it to 8 bits, not scale it.
        grey = np.asarray(picture).astype(np.float32) / np.float32(65535)
        return np.repeat(grey[:, :, None], 3, axis=2)
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    return np.asarray(picture.convert("RGB")).astype(np.float32) / np.float32(255)
