"""A look on a photo as a caller gives it: a path, an image or a tensor in, an image out."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image
from torch import Tensor

from verism import photo_file
from verism.data import source
from verism.data.source import PhotoLike


def on_photo(photo: PhotoLike, apply: Callable[[Tensor], Tensor]) -> Image.Image:
    """Return a photo with a look, at its full size: an sRGB image of 8 bits, with the photo's alpha channel if any.

    Args:
        photo: a path, an image of Pillow's, or a tensor ``(1, 3, H, W)``, sRGB in [0, 1].
        apply: the look, of ``(1, 3, H, W)``, sRGB in [0, 1]; returns the same.

    Raises:
        VerismError: the photo cannot be read.
    """
    read = source.read(source.source(photo, "the photo"))
    return photo_file.to_pillow(read.showing(apply(read.pixels)))
