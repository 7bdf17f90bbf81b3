"""Writes photos."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from verism import atomic, endings
from verism.errors import VerismError
from verism.photo_file import metadata
from verism.photo_file.encoders import FORMATS, Extras
from verism.photo_file.icc import from_srgb, srgb
from verism.photo_file.photo import Photo


class Encoding(NamedTuple):
    """How results are written.

    Attributes:
        profile: colour space of the result. srgb: sRGB. keep: that of the photo's embedded profile, which the result
            then has too; sRGB if the photo has none.
        depth: bits per colour channel, 8 or 16; null: as many as the photo has, if the format allows it.
        dither: when rounding to 8 bits, round up or down at random, in proportion to the remainder, so that smooth
            areas show no bands.
        quality: compression quality of JPEG and WebP, from 1 to 100; other formats are lossless.
    """

    profile: Literal["srgb", "keep"] = "srgb"
    depth: Literal[8, 16] | None = None
    dither: bool = False
    quality: int = 95

    def check(self) -> None:
        """Raise ``VerismError`` unless the quality is from 1 to 100."""
        if not 1 <= self.quality <= 100:  # noqa: PLR2004
            raise VerismError(f"--output.quality {self.quality}: must be from 1 to 100.")


PLAIN = Encoding()
"""sRGB, at the photo's depth."""


def write(path: str | Path, photo: Photo, made_with: Mapping[str, str], encoding: Encoding = PLAIN) -> None:
    """Write a photo atomically, replacing any existing file.

    Args:
        path: the file to write. Its ending selects the format. Missing folders are created.
        photo: the photo. Its pixels are clipped to [0, 1]; alpha and metadata are written if the format supports them.
        made_with: how the photo was made, stored as JSON in the EXIF field ImageHistory.
        encoding: how the pixels are written.

    Raises:
        VerismError: if no format has this ending, the format does not support this depth or size, or the file cannot be
            written.
    """
    path = Path(path)
    check(path, encoding)
    form = FORMATS[path.suffix.lower()]
    if max(photo.pixels.shape[-2:]) > form.side:
        raise VerismError(f"{path}: has at most {form.side} pixels on a side; choose .png or .tiff.")
    shown = photo if form.alpha else photo.opaque
    pixels, profile = _rows(shown.pixels), srgb()
    if encoding.profile == "keep" and photo.profile:
        pixels, profile = from_srgb(pixels, photo.profile), photo.profile
        if shown.lost is not None:
            pixels = np.clip(pixels + _plain_rows(shown.lost), 0, 1)
    samples = _with_alpha(pixels, shown)
    depth = encoding.depth or max(depth for depth in form.depths if depth <= photo.depth)
    extras = Extras(
        metadata.written(photo, made_with, in_srgb=profile == srgb()), profile, photo.xmp, photo.iptc, photo.texts
    )
    levels = _levels(samples, depth, dither=encoding.dither)
    atomic.write(path, form.encode(levels, extras, encoding.quality))


def to_pillow(photo: Photo) -> Image.Image:
    """Convert a photo to a Pillow image in sRGB, with the same 8-bit samples that ``write`` puts into a file.

    Args:
        photo: the photo. Its pixels are clipped to [0, 1].

    Returns:
        An image of mode RGB, or RGBA for a photo with an alpha channel. ``info["icc_profile"]`` is sRGB, so that
        Pillow writes it into files. Metadata such as EXIF and XMP is left out.
    """
    image = Image.fromarray(_levels(_with_alpha(_rows(photo.pixels), photo), 8, dither=False))
    image.info["icc_profile"] = srgb()
    return image


def check(path: str | Path, encoding: Encoding = PLAIN) -> None:
    """Raise ``VerismError`` unless a file with this ending can be written with this encoding."""
    path = Path(path)
    endings.check_picture(path)
    form = FORMATS[path.suffix.lower()]
    if encoding.depth not in (None, *form.depths):
        raise VerismError(
            f"{path}: cannot have {encoding.depth} bits per channel; choose .png or .tiff, or --output.depth 8."
        )
    encoding.check()


def can_write(path: str | Path) -> bool:
    """Return whether results can be written to files with this ending."""
    path = Path(path)
    return path.suffix.lower() in FORMATS


def _rows(values: Tensor) -> NDArray[np.float32]:
    """Convert ``(1, d, H, W)`` to ``(H, W, d)``, clipped to [0, 1]."""
    return _plain_rows(values.detach().clamp(0, 1))


def _plain_rows(values: Tensor) -> NDArray[np.float32]:
    """Convert ``(1, d, H, W)`` to ``(H, W, d)``."""
    rows: NDArray[np.float32] = values.squeeze(0).permute(1, 2, 0).float().cpu().numpy()
    return rows


def _with_alpha(pixels: NDArray[np.float32], photo: Photo) -> NDArray[np.float32]:
    return pixels if photo.alpha is None else np.concatenate([pixels, _rows(photo.alpha)], axis=2)


def _levels(samples: NDArray[np.float32], depth: int, *, dither: bool) -> NDArray[Any]:
    scaled = samples * np.float32(2**depth - 1)
    if depth > 8:  # noqa: PLR2004
        return scaled.round().astype(np.uint16)
    if dither:
        chance = np.random.default_rng(0).random(scaled.shape, np.float32)
        # Slightly less than ±½, so that an integer with a rounding error is still rounded to itself.
        scaled = scaled + (chance - np.float32(0.5)) * np.float32(0.998)
    return scaled.round().clip(0, 255).astype(np.uint8)
