"""The job that shifts the exposure of one photo of a series, applies the look, and measures regions of the result."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor

from verism import images, photo_file
from verism.batch.record import Record
from verism.color.level import Shift, levelled
from verism.color.seen_colors import SeenColors
from verism.color.table import through
from verism.data.source import digest
from verism.inform import rank_zero_info
from verism.look import look_file, outside
from verism.look.strength import Strength
from verism.photo_file import Encoding
from verism.series import own_light
from verism.series.neighbours import region_light, small
from verism.series.pair import Light, Pair, Reading


@dataclass(frozen=True)
class Treatment:
    """How all photos of a series are processed.

    Attributes:
        look: the file of the look.
        sha256: its SHA-256, hexadecimal.
        fitted_to: the file with the photos that the look was fitted to.
        reading: how photos are read.
        strength: strength of the look.
        encoding: how results are written.
    """

    look: Path
    sha256: str
    fitted_to: Path
    reading: Reading
    strength: Strength = field(default_factory=Strength)
    encoding: Encoding = field(default_factory=Encoding)

    def apply(self, photo: Tensor, shift: Shift) -> Tensor:
        """Return a photo ``(1, 3, H, W)``, sRGB in [0, 1], shifted and with the look, in [0, 1].

        The strength applies only to the look. The shift is always applied in full, so that neighbours match.
        """
        shifted = levelled(photo, shift)
        return self.strength(shifted, through(_loaded(self).table, shifted))

    def unknown(self, photo: Tensor) -> float:
        """Return the share of a photo's pixels with colours unknown to the look."""
        return _loaded(self).seen.unknown(photo)


@dataclass(frozen=True)
class Levelled(Record):
    """The outcome for one photo.

    Attributes:
        unknown: share of its pixels with colours unknown to the look; None if it failed.
        lighter: how much its mean lightness in Oklab has increased; None if it failed.
        before: mean linear light, in the result, of the regions that it shares with the previous photo; empty if they
            show two scenes.
        after: the same for the next photo.
    """

    unknown: float | None = None
    lighter: float | None = None
    before: Light = ()
    after: Light = ()


@dataclass(frozen=True)
class PhotoJob:
    """The job of applying the look of the series to one photo.

    Attributes:
        photo: the photo's file.
        result: the file to write.
        record: the file for the outcome.
        treatment: how all photos of the series are processed.
        stops: shift of red, green and blue before the look, in stops.
        slopes: how much that shift grows from left to right and from top to bottom (``Shift``).
        before: record of the pair of the previous photo and this one; None for the first.
        after: record of the pair of this photo and the next one; None for the last.
    """

    photo: Path
    result: Path
    record: Path
    treatment: Treatment
    stops: tuple[float, ...] = (0.0, 0.0, 0.0)
    slopes: tuple[tuple[float, ...], ...] = ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    before: Path | None = None
    after: Path | None = None

    def digest(self, of: Callable[[Path], str]) -> str:
        """Return the SHA-256 of everything that determines the outcome; ``of`` returns that of a file."""
        neighbours = [(pair.cells, pair.regions) if pair.one_scene else None for pair in self._neighbours()]
        made_of = (of(self.photo), self.treatment.sha256, self.treatment.reading, self.stops, self.slopes, neighbours)
        return hashlib.sha256(repr(made_of).encode()).hexdigest()

    def __call__(self) -> None:
        """Write the result and the record."""
        Levelled.of(self._done).write(self.record)

    def _done(self) -> Levelled:
        own, treatment = digest(self.photo), self.treatment
        source = treatment.reading(self.photo)
        image = treatment.apply(source.pixels, Shift(torch.tensor(self.stops), torch.tensor(self.slopes)))
        said = {"look": treatment.look.name, "stops": _said(self.stops)}
        said |= {f"stops_{way}": _said(slope) for way, slope in zip(("across", "down"), self.slopes, strict=True)}
        # A shift of exposure also moves colours outside sRGB, so these cannot be restored.
        lost = outside.said(source, treatment.encoding._replace(profile="srgb"), treatment.strength.strength)
        if lost:
            rank_zero_info(f"{self.photo}: {lost}")
        photo_file.write(self.result, source.showing(image), {**said, **treatment.strength.said()}, treatment.encoding)
        shown = small(image)
        before, after = self._neighbours()
        return Levelled(
            self.digest({self.photo: own}.__getitem__),
            unknown=treatment.unknown(source.pixels),
            lighter=own_light.change(source.pixels, image),
            before=_light(shown, before, 1),
            after=_light(shown, after, 0),
        )

    def _neighbours(self) -> tuple[Pair, Pair]:
        before, after = ((Pair.read(path) if path else None) or Pair() for path in (self.before, self.after))
        return before, after


def _said(stops: Sequence[float]) -> str:
    return " ".join(f"{it:+.2f}" for it in stops)


def _light(photo: Tensor, pair: Pair, side: int) -> Light:
    """Return the mean linear light of a pair's regions in a photo, which is the pair's first (0) or second (1)."""
    if not pair.one_scene:
        return ()
    found: Light = region_light(photo, torch.tensor(pair.cells[side]), torch.tensor(pair.regions)).tolist()
    return found


class _Loaded:
    """A look in memory, and the colours to which it was fitted."""

    def __init__(self, treatment: Treatment) -> None:
        self.table, _ = look_file.read(treatment.look)
        self.seen = SeenColors(images.read(treatment.fitted_to))


@lru_cache(maxsize=1)
def _loaded(treatment: Treatment) -> _Loaded:
    """Return the loaded look, which a process keeps from one photo to the next."""
    return _Loaded(treatment)
