"""Gives photos the look of a finished run, one photo at a time, in any process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path

from torch import Tensor

from verism import photo_file, trust
from verism.batch.record import Record
from verism.color.seen_colors import SeenColors
from verism.color.table import through
from verism.look import saved
from verism.look.by_regions import ByRegions
from verism.look.look import is_own
from verism.look.strength import Strength
from verism.photo_file import MEGAPIXELS, Encoding


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


class Grading:
    """The look of a recipe, loaded and ready for photos.

    Attributes:
        table: the look as a lookup table, ``(3, n, n, n)``, RGB by blue, green and red.
        seen: the colours that the look was fitted to.
        on_others: the look for any photo but the run's own, from and to ``(1, 3, H, W)``, RGB in [0, 1].
        made_with: what the files of the results record about how they were made.
    """

    def __init__(self, recipe: Recipe) -> None:
        """Load the look.

        Raises:
            VerismError: there is no checkpoint, it cannot be read, it holds no look, or the look is to be adapted and
                has no regions.
        """
        self.recipe = recipe
        with photo_file.limited(recipe.max_megapixels), trust.limited(recipe.trusted):
            self.canvas = saved.read(recipe.run)
            by_regions = ByRegions.read(recipe.run, self.canvas) if recipe.adapt else None
        self.table, self.seen = self.canvas.table(self.canvas.photo), SeenColors(self.canvas.photo)
        self.on_others: Callable[[Tensor], Tensor] = by_regions or partial(through, self.table)
        self.made_with = {"look": recipe.name, **recipe.strength.said(), **({"adapt": "true"} if by_regions else {})}

    def __call__(self, photo: Path, result: Path) -> float:
        """Write a photo with the look, and return the share of its pixels with colours that the look does not know.

        Raises:
            VerismError: the photo cannot be read, or the result cannot be written.
        """
        recipe = self.recipe
        with photo_file.limited(recipe.max_megapixels):
            source = photo_file.read(photo, recipe.white)
        original = source.pixels
        local = is_own(self.canvas, original) if recipe.local is None else recipe.local
        image = self.canvas.render(original) if local else self.on_others(original)
        photo_file.write(result, source.showing(recipe.strength(original, image)), self.made_with, recipe.encoding)
        return self.seen.unknown(original)


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
