"""The common result of the readers of all formats."""

from __future__ import annotations

from typing import NamedTuple

from verism.photo_file.color import SRGB, Color
from verism.photo_file.metadata import About
from verism.photo_file.samples import Samples


class Decoded(NamedTuple):
    """A decoded photo file.

    Attributes:
        samples: the samples, in the orientation of the file unless ``upright``.
        color: the colour space specified by the file, or None.
        about: its metadata.
        upright: whether the orientation was already applied to the samples. Otherwise it is in ``about``.
        pictures: number of pictures in the file, of which this is the first.
        notes: sentences about what could not be kept, to be printed after the file name.
    """

    samples: Samples
    color: Color | None
    about: About
    upright: bool = False
    pictures: int = 1
    notes: tuple[str, ...] = ()

    @property
    def space(self) -> Color:
        """The colour space to convert from: the file's, otherwise that of its EXIF (Adobe RGB), otherwise sRGB."""
        return self.color or self.about.color or SRGB
