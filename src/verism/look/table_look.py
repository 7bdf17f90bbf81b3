"""A look loaded from a file: a lookup table, for any photo."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor

from verism.color.table import through
from verism.data.source import PhotoLike
from verism.look.on_photo import on_photo
from verism.look.strength import Strength


@dataclass(frozen=True)
class TableLook:
    """A look that is a function of colour. Nothing is fitted, and neither a network nor Lightning is needed.

    Attributes:
        table: ``(3, n, n, n)``, from sRGB to sRGB, RGB by blue, green and red, not clipped.
        title: title of the look.
        strength: how much of the look a photo takes on.

    Example:
        >>> import verism
        >>> run = verism.fit("mine.jpg", "theirs.jpg", progress=False)
        >>> _ = run.look.save("look.safetensors")
        >>> verism.Look.load("look.safetensors").render("another.jpg").size
        (96, 64)
    """

    table: Tensor
    title: str = ""
    strength: Strength = Strength()  # noqa: RUF009  # It cannot change.

    def render(self, photo: PhotoLike) -> Image.Image:
        """Apply the look to a photo at full size.

        Args:
            photo: a path, a Pillow image, or a tensor ``(1, 3, H, W)``, sRGB in [0, 1].

        Returns:
            An 8-bit sRGB image, with the photo's alpha channel if it has one.

        Raises:
            VerismError: if the photo cannot be read.
        """
        return on_photo(photo, self.apply)

    __call__ = render
    """Alias of ``render``, as in ``Look``."""

    @torch.no_grad()
    def apply(self, photo: Tensor) -> Tensor:
        """Apply the look to a photo ``(1, 3, H, W)``, sRGB in [0, 1]. Returns the same shape and range."""
        return self.strength(photo, through(self.table, photo))
