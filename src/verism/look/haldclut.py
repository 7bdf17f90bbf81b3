"""Lookup tables as HaldCLUT pictures, which photo programs read."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from verism import photo_file
from verism.photo_file import Encoding, Photo

LEVELS = (8, 4, 6, 12)
"""Supported levels. A table of level L has L² nodes along each axis, and L³ pixels on a side."""


def write(path: Path, table: Tensor, title: str) -> None:
    """Write a table as a 16-bit PNG atomically, replacing any existing file.

    E. Swann, "Hald CLUT" (www.quelsolaar.com/technology/clut.html): the nodes of the table in rows of pixels, red
    changing fastest and blue slowest; sRGB in and out, clipped to [0, 1].

    Args:
        path: a path that ends in ``.png``. Missing folders are created.
        table: ``(3, n, n, n)``, RGB by blue, green and red; n is the square of a level.
        title: title of the look, stored in the file's EXIF.

    Raises:
        VerismError: if the file cannot be written.
    """
    level = round(table.shape[-1] ** 0.5)
    picture = table.detach().cpu().float().reshape(1, 3, level**3, level**3)
    photo_file.write(path, Photo(picture, depth=16), {"look": title}, Encoding("srgb", 16, dither=False))
