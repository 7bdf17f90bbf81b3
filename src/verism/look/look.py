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
"""The whole look."""


@dataclass(frozen=True)
class Look:
    """The look that a run has found: a function of a photo, which needs no further fitting.

    The photo that the run was fitted to is graded place by place, as in the run's result. Other photos go through the
    colour lookup table that comes closest to it, as with ``verism predict --hold_back false``.

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
        """Return the look that a run or a series has found, or that a look's own file holds.

        Args:
            run: the folder of a run of ``fit``, such as ``lightning_logs/mine-theirs``, or one of its checkpoints; the
                folder of a series; or a .safetensors file, which ``load`` reads without Lightning.

        Raises:
            VerismError: there is none, it cannot be read, or the canvas of the run holds one image and no look.
        """
        # Imported here, because it needs Lightning, and a look that is loaded from its own file does not.
        from verism.look import saved  # noqa: PLC0415

        return cls(saved.read(Path(run)))

    @staticmethod
    def load(path: str | Path, strength: Strength = FULL) -> TableLook:
        """Return a look from its own file, as ``save`` and ``verism export`` write it, without Lightning.

        Args:
            path: a .safetensors file.
            strength: of the look, relative to what the file has.

        Raises:
            VerismError: the file cannot be read, or ``strength`` is not from 0 to 1.
        """
        strength.check()
        return TableLook(*look_file.read(Path(path)), strength)

    def __call__(self, photo: PhotoLike) -> Image.Image:
        """Apply the look to a photo, at its full size.

        Args:
            photo: a path, an image of Pillow's, or a tensor ``(1, 3, H, W)``, sRGB in [0, 1].

        Returns:
            An sRGB image of 8 bits, with the photo's alpha channel if it has one.

        Raises:
            VerismError: the photo cannot be read.
        """
        return on_photo(photo, self.apply)

    render = __call__
    """The same under the name that ``TableLook`` has for it, too."""

    @torch.no_grad()
    def apply(self, photo: Tensor) -> Tensor:
        """Return a photo ``(1, 3, H, W)``, sRGB in [0, 1], with the look: of the same shape, in [0, 1]."""
        image = self.canvas.render(photo) if is_own(self.canvas, photo) else through(self.table, photo)
        return self.strength(photo, image)

    @cached_property
    @torch.no_grad()
    def table(self) -> Tensor:
        """The lookup table at full strength, ``(3, n, n, n)``, RGB by blue, green and red; not clipped."""
        return self.canvas.table(self.canvas.photo)

    def save(self, path: str | Path, *, overwrite: bool = False) -> Deviation:
        """Write the look as a lookup table, as ``verism export`` does: .cube, .png (HaldCLUT) or .safetensors.

        Args:
            path: the ending says in which format; missing folders are made.
            overwrite: replace a file that exists.

        Returns:
            How far the table is from the picture of the run.

        Raises:
            VerismError: the file exists, has another ending, or cannot be written.
        """
        path = Path(path)
        lut_file.check(path)
        atomic.check(path)
        atomic.check_absent(path, replace=overwrite, remedy="choose another path, or pass overwrite=True")
        with torch.no_grad():
            return lut_file.write(path, self.table, self.canvas.photo, self.canvas(), self.strength)


def is_own(canvas: Grade, photo: Tensor) -> bool:
    """Return whether ``photo`` ``(1, 3, H, W)``, on any device, is the one that the canvas was fitted to."""
    own = canvas.photo.to(photo.device)
    same_shape = abs(photo.shape[-1] / photo.shape[-2] - own.shape[-1] / own.shape[-2]) * own.shape[-2] < 1
    # Within half a level of 8 bits, because resizing and rounding may have changed the photo by that much.
    return same_shape and bool(torch.allclose(images.resize(photo, own.shape[-2:]), own, rtol=0, atol=0.5 / 255))
