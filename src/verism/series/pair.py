"""The job that finds what two neighbouring photos of a series have in common."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from verism import photo_file
from verism.batch.record import Record
from verism.color.level import Shift
from verism.data.source import digest
from verism.series.apart import apart
from verism.series.levels import Shared
from verism.series.neighbours import cell_light, features, match, region_light, region_places, small, still

METHOD = 3
"""Version of the comparison method, so that photos of a series begun by an older version are compared again."""

Light = Sequence[Sequence[float]]
"""Mean linear light of each region, red, green and blue."""


@dataclass(frozen=True)
class Pair(Record):
    """What two neighbours have in common; empty if they show two scenes, or one cannot be read.

    Attributes:
        cells: indices of the matching cells in the first and the second photo (``neighbours.Match``).
        regions: index of the region of each of these cells.
        light: mean linear light of each region in the first and the second photo, before the look.
        stops: shift of red, green and blue, in stops, from the first photo to the second (``apart``).
        slopes: how much that shift grows from left to right and from top to bottom (``Shift``).
    """

    cells: tuple[Sequence[int], Sequence[int]] = ((), ())
    regions: Sequence[int] = ()
    light: tuple[Light, Light] = ((), ())
    stops: Sequence[float] = (0.0, 0.0, 0.0)
    slopes: Sequence[Sequence[float]] = ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))

    @property
    def one_scene(self) -> bool:
        """Whether both photos show one scene."""
        return bool(self.regions)

    @property
    def weights(self) -> Tensor:
        """Number of matches in each region, ``(R,)``."""
        return torch.tensor(self.regions).bincount()

    def shared(self) -> Shared | None:
        """Return what the two photos show of the same regions; None if they show two scenes."""
        if not self.one_scene:
            return None
        light, other = map(torch.tensor, self.light)
        return Shared(light, other, self.weights, Shift(torch.tensor(self.stops), torch.tensor(self.slopes)))


class Reading(NamedTuple):
    """How photos are read.

    Attributes:
        white: the value that means white in floating-point samples; None: 1, and values far above 1 are refused.
        max_megapixels: size above which photos are refused.
    """

    white: float | None
    max_megapixels: float

    def __call__(self, path: Path) -> photo_file.Photo:
        """Return a photo; raise ``VerismError`` if it cannot be read."""
        with photo_file.limited(self.max_megapixels):
            return photo_file.read(path, self.white)


@dataclass(frozen=True)
class PairJob:
    """The job of comparing two neighbours.

    Attributes:
        first: a photo.
        second: the photo after it.
        record: the file for what they have in common.
        reading: how both photos are read.
    """

    first: Path
    second: Path
    record: Path
    reading: Reading

    def digest(self, of: Callable[[Path], str]) -> str:
        """Return the SHA-256 of everything that determines the outcome; ``of`` returns that of a file."""
        return hashlib.sha256(repr((METHOD, of(self.first), of(self.second), self.reading)).encode()).hexdigest()

    def __call__(self) -> None:
        """Compare the photos and write the record."""
        Pair.of(self._compared).write(self.record)

    def _compared(self) -> Pair:
        digests = {path: digest(path) for path in (self.first, self.second)}
        seen = [_seen(path, digests[path], self.reading) for path in (self.first, self.second)]
        found = match(seen[0].features, seen[1].features)
        own = self.digest(digests.__getitem__)
        if found is not None:
            found = still(found, cell_light(seen[0].photo, found.first), cell_light(seen[1].photo, found.second))
        if found is None:
            return Pair(own)
        cells = (found.first, found.second)
        light = [region_light(it.photo, part, found.regions) for it, part in zip(seen, cells, strict=True)]
        places = [region_places(it.photo.shape[-2:], part, found.regions) for it, part in zip(seen, cells, strict=True)]
        shift = apart(light[0], light[1], found.regions.bincount(), (places[0] + places[1]) / 2)
        return Pair(
            own,
            cells=(cells[0].tolist(), cells[1].tolist()),
            regions=found.regions.tolist(),
            light=(light[0].tolist(), light[1].tolist()),
            stops=shift.stops.tolist(),
            slopes=shift.slopes.tolist(),
        )


class _Seen(NamedTuple):
    photo: Tensor
    features: Tensor


@lru_cache(maxsize=1)
def _seen(path: Path, sha256: str, reading: Reading) -> _Seen:
    """Return a photo as used for comparison; cached, because the second photo of a pair is the first of the next."""
    del sha256  # Part of the cache's key, in case the file changes.
    photo = small(reading(path).pixels)
    return _Seen(photo, features(photo))
