"""A look that can be applied to any photo."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

import torch
from PIL import Image
from torch import Tensor

from verism import atomic, images
from verism.color.table import through
from verism.data.source import PhotoLike
from verism.look import look_file, lut_file
from verism.look.lut_file import Deviation
from verism.look.on_photo import on_photo
from verism.look.strength import Strength
from verism.look.table_look import TableLook

if TYPE_CHECKING:
    from verism.canvas.grade import Grade

FULL = Strength()
"""The full look."""


@dataclass(frozen=True)
class Look:
    """The look that a run has found: a function of a photo that needs no further fitting.

    The photo that the run was fitted to is graded place by place, as in the result of the run. Other photos go through
    the colour lookup table that approximates the look best, as with ``verism predict --hold_back false``.

    Attributes:
        canvas: the canvas that the run optimised.
        strength: how much of the look a photo takes on.

    Example:
        >>> import verism
        >>> look = verism.fit("mine.jpg", "theirs.jpg", progress=False).look
        >>> look("another.jpg").save("another with the look.jpg")
    """

    canvas: Grade
    strength: Strength = FULL

    @classmethod
    def read(cls, run: str | Path) -> Self:
        """Load the look of a run or a series, or from a look file.

        Args:
            run: the folder of a run of ``fit``, such as ``lightning_logs/mine-theirs``, or one of its checkpoints; the
                folder of a series; or a .safetensors file, which ``load`` reads without Lightning.

        Raises:
            VerismError: if there is no look, it cannot be read, or the canvas of the run holds an image but no look.
        """
        # Imported here, because it needs Lightning, which a look loaded from its own file does not.
        from verism.look import saved  # noqa: PLC0415

        return cls(saved.read(Path(run)))

    @staticmethod
    def load(path: str | Path, strength: Strength = FULL) -> TableLook:
        """Load a look from a file written by ``save`` or ``verism export``, without Lightning.

        Args:
            path: a .safetensors file.
            strength: strength of the look, relative to that of the file.

        Raises:
            VerismError: if the file cannot be read, or ``strength`` is not from 0 to 1.
        """
        strength.check()
        return TableLook(*look_file.read(Path(path)), strength)

    def __call__(self, photo: PhotoLike) -> Image.Image:
        """Apply the look to a photo at full size.

        Args:
            photo: a path, a Pillow image, or a tensor ``(1, 3, H, W)``, sRGB in [0, 1].

        Returns:
            An 8-bit sRGB image, with the photo's alpha channel if it has one.

        Raises:
            VerismError: if the photo cannot be read.
        """
        return on_photo(photo, self.apply)

    render = __call__
    """Alias of ``__call__``, under the same name as in ``TableLook``."""

    @torch.no_grad()
    def apply(self, photo: Tensor) -> Tensor:
        """Apply the look to a photo ``(1, 3, H, W)``, sRGB in [0, 1]. Returns the same shape and range."""
        image = self.canvas.render(photo) if is_own(self.canvas, photo) else through(self.table, photo)
        return self.strength(photo, image)

    @cached_property
    @torch.no_grad()
    def table(self) -> Tensor:
        """The lookup table at full strength, ``(3, n, n, n)``, RGB by blue, green and red, not clipped."""
        return self.canvas.table(self.canvas.photo)

    def save(self, path: str | Path, *, overwrite: bool = False) -> Deviation:
        """Write the look as a lookup table, like ``verism export``: .cube, .png (HaldCLUT) or .safetensors.

        Args:
            path: the file to write; its ending selects the format. Missing folders are created.
            overwrite: replace an existing file.

        Returns:
            The deviation of the table from the picture of the run.

        Raises:
            VerismError: if the file exists, has a different ending, or cannot be written.
        """
        path = Path(path)
        lut_file.check(path)
        atomic.check(path)
        atomic.check_absent(path, replace=overwrite, remedy="choose another path, or pass overwrite=True")
        with torch.no_grad():
            return lut_file.write(path, self.table, self.canvas.photo, self.canvas(), self.strength)


def is_own(canvas: Grade, photo: Tensor) -> bool:
    """Return whether ``photo`` ``(1, 3, H, W)``, on any device, is the photo that the canvas was fitted to."""
    own = canvas.photo.to(photo.device)
    same_shape = abs(photo.shape[-1] / photo.shape[-2] - own.shape[-1] / own.shape[-2]) * own.shape[-2] < 1
    # Within half a level of 8 bits, because resizing and rounding may have changed the photo by that much.
    return same_shape and bool(torch.allclose(images.resize(photo, own.shape[-2:]), own, rtol=0, atol=0.5 / 255))
