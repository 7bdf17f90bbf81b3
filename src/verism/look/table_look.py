"""A look that was loaded from its file: a lookup table, for any photo."""

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
    """A look as one function of the colour; nothing is fitted, and neither a network nor Lightning is needed.

    Attributes:
        table: ``(3, n, n, n)``, from sRGB to sRGB, RGB by blue, green and red; not clipped.
        title: of the look.
        strength: how much of it a photo takes on.

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
        """Apply the look to a photo, at its full size.

        Args:
            photo: a path, an image of Pillow's, or a tensor ``(1, 3, H, W)``, sRGB in [0, 1].

        Returns:
            An sRGB image of 8 bits, with the photo's alpha channel if it has one.

        Raises:
            VerismError: the photo cannot be read.
        """
        return on_photo(photo, self.apply)

    __call__ = render
    """The same as a call, as for ``Look``."""

    @torch.no_grad()
    def apply(self, photo: Tensor) -> Tensor:
        """Return a photo ``(1, 3, H, W)``, sRGB in [0, 1], with the look: of the same shape, in [0, 1]."""
        return self.strength(photo, through(self.table, photo))
