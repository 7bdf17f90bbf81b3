"""Applies a look to a photo given by the caller as a path, an image or a tensor, and returns an image."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image
from torch import Tensor

from verism import photo_file
from verism.data import source
from verism.data.source import PhotoLike


def on_photo(photo: PhotoLike, apply: Callable[[Tensor], Tensor]) -> Image.Image:
    """Apply a look to a photo at full size. Returns an 8-bit sRGB image, with the photo's alpha channel if any.

    Args:
        photo: a path, a Pillow image, or a tensor ``(1, 3, H, W)``, sRGB in [0, 1].
        apply: the look, a function from ``(1, 3, H, W)``, sRGB in [0, 1], to the same.

    Raises:
        VerismError: if the photo cannot be read.
    """
    read = source.read(source.source(photo, "the photo"))
    return photo_file.to_pillow(read.showing(apply(read.pixels)))
