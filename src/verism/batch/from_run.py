"""Photos in the look of a finished run, each by itself, in any process."""

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
    """All that decides what becomes of a photo.

    Attributes:
        run: a checkpoint.
        sha256: of that, hexadecimal: a worker that has loaded another under this name loads it anew.
        name: of the run, as the user gave it.
        strength: of the look.
        encoding: of the results.
        adapt: whether each photo is treated by its own regions.
        local: whether places are treated as the run's photo's; None: only in the run's own photo.
        white: the value of floating-point samples that is white.
        max_megapixels: larger photos are refused.
        trusted: packages that the checkpoint may name classes of.
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
    """A recipe with all that it needs in memory.

    Attributes:
        table: the look as a lookup table, ``(3, n, n, n)``, RGB by blue, green and red.
        seen: the colours that the look was fitted to.
        made_with: what files say of their making.
    """

    def __init__(self, recipe: Recipe) -> None:
        """Load the look.

        Raises:
            VerismError: there is none, it cannot be read, or it knows no regions to adapt.
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
            VerismError: it cannot be read or written.
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
    """What came of a photo.

    Attributes:
        unknown: share of its pixels with colours that the look does not know; None if it failed.
    """

    unknown: float | None = None


@dataclass(frozen=True)
class GradeJob:
    """A photo to give a look.

    Attributes:
        photo: its file.
        result: where it goes.
        record: says what came of it.
        recipe: of all photos.
    """

    photo: Path
    result: Path
    record: Path
    recipe: Recipe

    def __call__(self) -> None:
        """Do it, and write the record."""
        Graded.of(lambda: Graded(unknown=_grading(self.recipe)(self.photo, self.result))).write(self.record)


@lru_cache(maxsize=1)
def _grading(recipe: Recipe) -> Grading:
    """Return what a process keeps from one photo to the next."""
    return Grading(recipe)
