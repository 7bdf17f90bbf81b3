"""Gives photos the look of a finished run, one photo at a time, in any process."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from verism import photo_file, trust
from verism.batch import device
from verism.batch.record import Record
from verism.color.seen_colors import SeenColors
from verism.color.table import through
from verism.inform import rank_zero_info
from verism.look import saved
from verism.look.by_regions import ByRegions
from verism.look.hold_back import held_back
from verism.look.look import is_own
from verism.look.strength import Strength
from verism.photo_file import MEGAPIXELS, Encoding, Photo


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the result for a photo.

    Attributes:
        run: a checkpoint.
        sha256: its SHA-256, hexadecimal, so that a worker that has loaded other contents of this path loads it again.
        name: name of the run, as the user gave it.
        strength: strength of the look.
        encoding: how the results are written.
        adapt: whether each photo is graded by its own regions.
        local: whether places are graded differently, like the same places in the run's photo; None: only if it is that
            photo itself.
        white: the value that means white in floating-point samples; None: 1, and values far above 1 are refused.
        max_megapixels: larger photos are refused.
        trusted: packages whose classes the checkpoint may name.
        hold_back: whether the look is weaker on photos with colours that it does not know, unless it is a table.
        device: name of the device that photos are rendered on, as ``device.named`` takes it.
    """

    run: Path
    sha256: str
    name: str
    strength: Strength = field(default_factory=Strength)
    encoding: Encoding = field(default_factory=Encoding)
    adapt: bool = False
    local: bool | None = None
    white: float | None = None
    max_megapixels: float = MEGAPIXELS
    trusted: tuple[str, ...] = ()
    hold_back: bool = True
    device: str = "cpu"


class Source(NamedTuple):
    """A photo that was read.

    Attributes:
        photo: the photo; its pixels are on the device that it is rendered on.
        unknown: share of its pixels with colours that the look does not know.
        local: whether it is graded differently from place to place, as the run's own photo is.
        strength: strength of the look on it.
    """

    photo: Photo
    unknown: float
    local: bool
    strength: Strength


class Grading:
    """The look of a recipe, loaded and ready for photos, each in three phases: ``read``, ``render``, ``write``.

    These may overlap, each with another photo: ``read`` and ``write`` in a thread each, and ``render`` in a third.

    Attributes:
        device: what photos are rendered on.
        table: the look as a lookup table, ``(3, n, n, n)``, RGB by blue, green and red, on the CPU.
        seen: the colours that the look was fitted to.
        holds_back: whether the look is weaker on photos with other colours.
        made_with: what the files of the results record about how they were made, besides the strength.
    """

    def __init__(self, recipe: Recipe) -> None:
        """Load the look.

        Raises:
            VerismError: there is no such device or no checkpoint, it cannot be read, it holds no look, or the look is
                to be adapted and has no regions.
        """
        self.recipe = recipe
        self.device = device.named(recipe.device)
        with photo_file.limited(recipe.max_megapixels), trust.limited(recipe.trusted):
            self.canvas = saved.read(recipe.run)
            self._by_regions = ByRegions.read(recipe.run, self.canvas) if recipe.adapt else None
        self.table, self.seen = self.canvas.table(self.canvas.photo), SeenColors(self.canvas.photo)
        self.holds_back = recipe.hold_back and not self.canvas.by_color_alone
        adapted = {"adapt": "true"} if self._by_regions else {}
        self.made_with = {"look": recipe.name, **adapted}

    def __call__(self, photo: Path, result: Path) -> float:
        """Write a photo with the look, and return the share of its pixels with colours that the look does not know.

        Raises:
            VerismError: the photo cannot be read, or the result cannot be written.
        """
        return self.write(result, self.render(self.read(photo)))

    def read(self, photo: Path) -> Source:
        """Return a photo, on the device if it fits there; raise ``VerismError`` if it cannot be read."""
        with photo_file.limited(self.recipe.max_megapixels):
            found = photo_file.read(photo, self.recipe.white)
        try:
            return self._seen(found._replace(pixels=found.pixels.to(self.device)))
        except torch.OutOfMemoryError:
            # It is said by ``render``, which then does the same.
            return self._seen(found)

    def render(self, source: Source) -> Source:
        """Return a photo with the look, on the CPU, whatever happens to the memory of a GPU."""
        pixels = source.photo.pixels
        try:
            image = self._rendered(pixels.to(self.device), source).cpu()
        except torch.OutOfMemoryError:
            if self.device == device.CPU:
                raise
            height, width = pixels.shape[-2:]
            rank_zero_info(
                f"A photo of {width}×{height} pixels does not fit into the free memory of {self.device}, and is "
                "rendered on the CPU."
            )
            image = self._rendered(pixels.cpu(), source)
        return source._replace(photo=source.photo.showing(image))

    def write(self, result: Path, rendered: Source) -> float:
        """Write what ``render`` returned, and return the share of the photo's pixels with unknown colours.

        Raises:
            VerismError: the result cannot be written.
        """
        made_with = self.made_with | rendered.strength.said()
        photo_file.write(result, rendered.photo, made_with, self.recipe.encoding)
        return rendered.unknown

    def strength(self, unknown: float) -> Strength:
        """Return the strength of the look on a photo, given the share of its pixels with unknown colours."""
        return held_back(self.recipe.strength, unknown) if self.holds_back else self.recipe.strength

    def _seen(self, photo: Photo) -> Source:
        """Return a photo with what decides how it is rendered."""
        unknown, local = self.seen.unknown(photo.pixels), self.recipe.local
        if local is None:
            local = is_own(self.canvas.to(photo.pixels.device), photo.pixels)
        # What treats places differently was asked for, or is for the run's own photo, which it knows.
        return Source(photo, unknown, local, self.recipe.strength if local else self.strength(unknown))

    def _rendered(self, original: Tensor, source: Source) -> Tensor:
        """Return a photo ``(1, 3, H, W)``, RGB in [0, 1], with the look, in [0, 1], on its own device."""
        if source.local:
            image = self.canvas.to(original.device).render(original)
        elif self._by_regions is not None:
            image = self._by_regions.to(original.device)(original)
        else:
            image = through(self.table, original)
        return source.strength(original, image)


@dataclass(frozen=True)
class Graded(Record):
    """The outcome for a photo.

    Attributes:
        unknown: share of its pixels with colours that the look does not know; None if it failed.
    """

    unknown: float | None = None


@dataclass(frozen=True)
class GradeJob:
    """The job of giving one photo the look of a run.

    Attributes:
        photo: the photo's file.
        result: the file to write.
        record: the file for the outcome.
        recipe: the look, which all photos of a command share.
    """

    photo: Path
    result: Path
    record: Path
    recipe: Recipe

    def __call__(self) -> None:
        """Write the result and the record."""
        Graded.of(lambda: Graded(unknown=_grading(self.recipe)(self.photo, self.result))).write(self.record)


@lru_cache(maxsize=1)
def _grading(recipe: Recipe) -> Grading:
    """Return the loaded look, which a process keeps from one photo to the next."""
    return Grading(recipe)
