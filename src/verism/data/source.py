"""Where a photo comes from: a file, or a program's memory."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from torch import Tensor

from verism import permission, photo_file
from verism.errors import VerismError
from verism.missing import missing
from verism.photo_file import Photo

PhotoLike = str | os.PathLike[str] | Image.Image | Tensor
"""A photo as passed by a caller: a path, a Pillow image, or a tensor ``(1, 3, H, W)``, RGB in [0, 1]."""


@dataclass(frozen=True, eq=False)
class PhotoInMemory:
    """A photo that was passed as an image or a tensor.

    Attributes:
        photo: the photo.
        name: its name in messages.
    """

    photo: Photo
    name: str

    def __str__(self) -> str:
        """Return its name."""
        return self.name


Source = Path | PhotoInMemory


def source(photo: PhotoLike, name: str) -> Source:
    """Return the source of a photo.

    Args:
        photo: a path, a Pillow image, or a tensor ``(1, 3, H, W)``, sRGB in [0, 1].
        name: the name in messages of a photo without a path, such as "the content photo".

    Raises:
        VerismError: an image or tensor cannot be used; files are checked later, when they are read.
    """
    if isinstance(photo, Image.Image):
        return PhotoInMemory(photo_file.from_pillow(photo, name), name)
    if isinstance(photo, Tensor):
        return PhotoInMemory(photo_file.from_tensor(photo, name), name)
    try:
        return Path(photo)
    except TypeError as error:
        raise VerismError(
            f"{name}: cannot be of type {type(photo).__name__}; give a path, a PIL image, or a tensor (1, 3, H, W), "
            "RGB in [0, 1]."
        ) from error


def read(photo: Source, white: float | None = None) -> Photo:
    """Return a photo; raise ``VerismError`` if its file cannot be read.

    Args:
        photo: the source of the photo.
        white: for a file, as for ``photo_file.read``.
    """
    return photo.photo if isinstance(photo, PhotoInMemory) else photo_file.read(photo, white)


def place(photo: Source) -> str:
    """Return what a run records about a photo's source: its absolute path, or its name if it is in memory."""
    return str(photo.absolute() if isinstance(photo, Path) else photo)


def digest(photo: Source) -> str:
    """Return the SHA-256, in hexadecimal, of a file or of the pixels in memory.

    Raises:
        VerismError: the file cannot be read.
    """
    if isinstance(photo, PhotoInMemory):
        pixels = photo.photo.pixels
        found = hashlib.sha256(repr(tuple(pixels.shape)).encode())
        # Not as bytes, which would be a copy of a large photo.
        found.update(pixels.flatten().numpy().data)
        return found.hexdigest()
    permission.check(photo)
    try:
        with photo.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise missing(photo) from error
    except OSError as error:
        raise VerismError(f"{photo}: cannot be read ({error.strerror}).") from error
