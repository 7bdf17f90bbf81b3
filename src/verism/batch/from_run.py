"""Gives photos a look that was found before, one photo at a time, in any process."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from verism import photo_file, trust
from verism.batch import device
from verism.batch.notes import Notes
from verism.batch.record import Record
from verism.inform import rank_zero_info
from verism.look import outside, saved
from verism.look.by_regions import ByRegions
from verism.look.look import is_own
from verism.look.on_other_photos import OnOtherPhotos, Treatment
from verism.look.strength import Strength
from verism.photo_file import MEGAPIXELS, Encoding, Photo


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the result for a photo.

    Attributes:
        run: a checkpoint, or a look's own file.
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
        hold_back: whether the look is restrained on photos that are unlike the run's own, unless it is a table.
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

    @property
    def decides(self) -> str:
        """Text of all that decides a photo's result; where it is computed and which name the look has do not."""
        own = (self.sha256, self.strength, self.encoding, self.adapt, self.local, self.white, self.hold_back)
        return repr(own)


class Source(NamedTuple):
    """A photo that was read.

    Attributes:
        photo: the photo; its pixels are on the device that it is rendered on.
        treatment: how it is given the look.
    """

    photo: Photo
    treatment: Treatment


class Grading:
    """The look of a recipe, loaded and ready for photos, each in three phases: ``read``, ``render``, ``write``.

    These may overlap, each with another photo: ``read`` and ``write`` in a thread each, and ``render`` in a third. It
    alone moves the canvas to another device.

    Attributes:
        device: what photos are rendered on.
        look: the look on any photo, on the CPU.
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
        self.look = OnOtherPhotos(self.canvas, hold_back=recipe.hold_back)
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
            source = self._seen(found._replace(pixels=found.pixels.to(self.device)))
        except torch.OutOfMemoryError:
            # ``render`` says so, and falls back on the CPU in the same way.
            source = self._seen(found)
        lost = outside.said(found, self.recipe.encoding, source.treatment.strength.strength)
        if lost:
            rank_zero_info(f"{photo}: {lost}")
        return source

    def render(self, source: Source) -> Source:
        """Return a photo with the look, on the CPU, whatever happens to the memory of a GPU."""
        pixels = source.photo.pixels
        try:
            image = source.treatment(pixels.to(self.device)).cpu()
        except torch.OutOfMemoryError:
            if self.device == device.CPU:
                raise
            height, width = pixels.shape[-2:]
            rank_zero_info(
                f"A photo of {width}×{height} pixels does not fit into the free memory of {self.device}, and is "
                "rendered on the CPU."
            )
            image = source.treatment(pixels.cpu())
        own = 1 - source.treatment.strength.strength
        return source._replace(photo=source.photo.showing(image, own))

    def write(self, result: Path, rendered: Source) -> float:
        """Write what ``render`` returned, and return the share of the photo's pixels with unknown colours.

        Raises:
            VerismError: the result cannot be written.
        """
        made_with = self.made_with | rendered.treatment.strength.said()
        photo_file.write(result, rendered.photo, made_with, self.recipe.encoding)
        return rendered.treatment.unknown

    def _seen(self, photo: Photo) -> Source:
        """Return a photo together with how it is rendered."""
        local = self.recipe.local
        if local is None:
            local = is_own(self.canvas, photo.pixels)
        treatment = self.look.treatment([photo.pixels], self.recipe.strength)
        if local:
            # Either that was asked for, or it is the run's own photo, which gets the look in full.
            treatment = treatment._replace(render=self._locally, strength=self.recipe.strength)
        elif self._by_regions is not None:
            by_regions = self._by_regions
            treatment = treatment._replace(render=lambda photo: by_regions.to(photo.device)(photo))
        return Source(photo, treatment)

    def _locally(self, photo: Tensor) -> Tensor:
        return self.canvas.to(photo.device).render(photo)


@dataclass(frozen=True)
class PhotoOutcome(Record):
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
        notes: of the command; they have the file for the outcome.
        recipe: the look, which all photos of a command share.
    """

    photo: Path
    result: Path
    notes: Notes
    recipe: Recipe

    @property
    def record(self) -> Path:
        """The file for the outcome."""
        return self.notes.record(self.result)

    def __call__(self) -> None:
        """Write the result and the record."""
        PhotoOutcome.of(self._done).write(self.record)

    def _done(self) -> PhotoOutcome:
        of = self.notes.digest(self.photo)
        return PhotoOutcome(of, unknown=_grading(self.recipe)(self.photo, self.result))


@lru_cache(maxsize=1)
def _grading(recipe: Recipe) -> Grading:
    """Return the loaded look, which a process keeps from one photo to the next."""
    return Grading(recipe)
