"""Gives many photos one look, one after the other."""

from __future__ import annotations

import threading
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from verism import photo_file
from verism.api import FittedRun
from verism.app.watch import Tell
from verism.atomic import free_name
from verism.batch.names import result_name
from verism.batch.patterns import Found, find
from verism.canvas import RegionalGrade
from verism.errors import VerismError
from verism.lines import duration
from verism.look.by_regions import ByRegions
from verism.look.look import is_own
from verism.look.on_other_photos import UNKNOWN, OnOtherPhotos
from verism.look.strength import Strength


@dataclass(frozen=True)
class FolderOutcome:
    """The outcome for several photos.

    Attributes:
        files: the paths of the results.
        failures: a sentence for each photo that could not be read or written.
        strange: names of photos with many colours that the look was not fitted to.
        stopped: whether the work was stopped before the last photo.
    """

    files: Sequence[Path]
    failures: Sequence[str]
    strange: Sequence[str]
    stopped: bool

    def said(self, where: str) -> str:
        """Return the outcome in words.

        Args:
            where: where the results are, such as a folder's name.
        """
        count = len(self.files)
        lines = [f"{'Stopped: ' if self.stopped else ''}{count} photo{'s are' if count != 1 else ' is'} in {where}."]
        if self.strange:
            lines.append(
                f"The look was not fitted to the colours of {', '.join(self.strange)}; check these results, and fit to "
                "a photo with such colours if they disappoint."
            )
        return "\n".join([*lines, *self.failures])


def photos_in(folder: str) -> Found:
    """Return the photos of a folder, in order, without hidden ones and those that verism made.

    Raises:
        VerismError: there is no such folder, or no photo in it.
    """
    path = Path(folder).expanduser()
    if not folder.strip() or not path.is_dir():
        raise VerismError(f"{folder or 'The folder of photos'}: no such folder; give its full path.")
    return find([path])


def grade(
    run: FittedRun,
    photos: Sequence[Path],
    folder: Path,
    strength: Strength,
    tell: Tell,
    stop: threading.Event,
    *,
    adapt: bool = False,
) -> FolderOutcome:
    """Give photos the look of a run, as ``verism predict`` does, without replacing any file.

    Args:
        run: the run with the look.
        photos: the files of the photos.
        folder: the folder for the results, which have the names of their photos, and their formats if these can be
            written; otherwise, they are PNG files.
        strength: strength of the look.
        tell: called with the progress before each photo.
        stop: when it is set, the work ends before the next photo.
        adapt: grade each photo by the regions that it has in common with the style photo.

    Raises:
        VerismError: the run has no look for other photos, or ``adapt`` is set and its look has no regions.
    """
    canvas = run.look.canvas
    look, by_regions = OnOtherPhotos(canvas), _by_regions(run) if adapt else None
    made = {"look": Path(str(run.model.data.content)).name, **({"adapt": "true"} if adapt else {})}
    files, failures, strange = [], [], []
    began = time.monotonic()
    for number, photo in enumerate(photos):
        if stop.is_set():
            break
        seconds = (time.monotonic() - began) / max(1, number) * (len(photos) - number)
        left = f", {duration(seconds)} left" if number else ""
        tell(number / len(photos), f"photo {number + 1} of {len(photos)}, {photo.name}{left}")
        try:
            source = photo_file.read(photo)
            own = source.pixels
            treatment = look.treatment([own], strength)
            if is_own(canvas, own):
                treatment = treatment._replace(render=canvas.render, strength=strength)
            elif by_regions is not None:
                treatment = treatment._replace(render=by_regions)
            path = free_name(folder / result_name(photo))
            photo_file.write(path, source.showing(treatment(own)), made | treatment.strength.said())
        except VerismError as error:
            failures.append(str(error))
            continue
        files.append(path)
        if treatment.unknown > UNKNOWN:
            strange.append(photo.name)
    return FolderOutcome(files, failures, strange, stopped=len(files) + len(failures) < len(photos))


def _by_regions(run: FittedRun) -> ByRegions:
    canvas, data = run.look.canvas, run.model.data
    if not isinstance(canvas, RegionalGrade):
        raise VerismError(
            "Only a look with regions can treat each photo by its own regions; choose that method, or turn this off."
        )
    return ByRegions(canvas, run.model.reference.cpu(), data.photos.style, data.opacity, data.size)


def pack(files: Sequence[Path], path: Path) -> Path:
    """Write files into one .zip file; return its path."""
    with zipfile.ZipFile(path, "w") as archive:
        for file in files:
            archive.write(file, file.name)
    return path
