"""Applies an existing look to photos, one photo at a time, in any process."""

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
    """Everything that determines the result for a photo.

    Attributes:
        run: a checkpoint, or the file of a saved look.
        sha256: its SHA-256, hexadecimal, so that a worker that has loaded other contents from this path reloads it.
        name: name of the run, as given by the user.
        strength: strength of the look.
        encoding: how the results are written.
        adapt: whether each photo is graded by its own regions.
        local: whether places are graded differently, like the same places in the run's photo; None: only for that photo
            itself.
        white: the value that means white in floating-point samples; None: 1, and values far above 1 are refused.
        max_megapixels: size above which photos are refused.
        trusted: packages whose classes the checkpoint may name.
        hold_back: whether the look is reduced on photos that are unlike the run's own, unless it is a table.
        device: name of the device on which photos are rendered, as for ``device.named``.
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
        """Text of everything that determines a photo's result; the device and the name of the look do not."""
        own = (self.sha256, self.strength, self.encoding, self.adapt, self.local, self.white, self.hold_back)
        return repr(own)


class Source(NamedTuple):
    """A photo that has been read.

    Attributes:
        photo: the photo; its pixels are on the device on which it is rendered.
        treatment: how the look is applied to it.
    """

    photo: Photo
    treatment: Treatment


class Grading:
    """The look of a recipe, loaded and ready for photos, each in three phases: ``read``, ``render``, ``write``.

    The phases may overlap for different photos, with ``read``, ``write`` and ``render`` each in its own thread. Only
    ``render`` moves the canvas to another device.

    Attributes:
        device: the device on which photos are rendered.
        look: the look for any photo, on the CPU.
        made_with: what the result files record about how they were made, besides the strength.
    """

    def __init__(self, recipe: Recipe) -> None:
        """Load the look.

        Raises:
            VerismError: the device or the checkpoint does not exist, the checkpoint cannot be read or holds no look, or
                the look is to be adapted but has no regions.
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
        """Write a photo with the look, and return the share of its pixels with colours unknown to the look.

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
            # ``render`` reports it, and falls back to the CPU in the same way.
            source = self._seen(found)
        lost = outside.said(found, self.recipe.encoding, source.treatment.strength.strength)
        if lost:
            rank_zero_info(f"{photo}: {lost}")
        return source

    def render(self, source: Source) -> Source:
        """Return a photo with the look, on the CPU, even if the GPU runs out of memory."""
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
        """Return a photo together with its treatment."""
        local = self.recipe.local
        if local is None:
            local = is_own(self.canvas, photo.pixels)
        treatment = self.look.treatment([photo.pixels], self.recipe.strength)
        if local:
            # Either the user asked for it, or it is the run's own photo, which gets the full look.
            treatment = treatment._replace(render=self._locally, strength=self.recipe.strength)
        elif self._by_regions is not None:
            by_regions = self._by_regions
            treatment = treatment._replace(render=lambda photo: by_regions.to(photo.device)(photo))
        return Source(photo, treatment)

    def _locally(self, photo: Tensor) -> Tensor:
        return self.canvas.to(photo.device).render(photo)


@dataclass(frozen=True)
class PhotoOutcome(Record):
    """The outcome for one photo.

    Attributes:
        unknown: share of its pixels with colours unknown to the look; None if it failed.
    """

    unknown: float | None = None


@dataclass(frozen=True)
class GradeJob:
    """The job of applying a run's look to one photo.

    Attributes:
        photo: the photo's file.
        result: the file to write.
        notes: records of the command, which have the file for the outcome.
        recipe: the look, shared by all photos of a command.
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
