"""Gives many photos one look, one after the other."""

from __future__ import annotations

import hashlib
import itertools
import threading
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from verism import photo_file
from verism.api import FittedRun
from verism.app.watch import Tell
from verism.atomic import free_name
from verism.batch.names import result_name
from verism.batch.notes import Notes
from verism.batch.patterns import Found, find
from verism.batch.record import Record
from verism.canvas import RegionalGrade
from verism.enumeration import enumerated, shortened
from verism.errors import VerismError
from verism.lines import duration
from verism.look.by_regions import ByRegions
from verism.look.look import is_own
from verism.look.on_other_photos import UNKNOWN, OnOtherPhotos, Treatment
from verism.look.strength import Strength
from verism.photo_file.encoders import FORMATS

ADAPT = "Treat each photo by its own regions"
"""Label of the option to grade each photo by the regions that it shares with the style photo."""

FULL_LOOK = "The whole look on every photo"
"""Label of the option not to weaken the look on photos with other colours."""

NAMED = 10
"""Maximum number of photos named in a sentence."""

HALF = 0.5
"""Share of the look below which a result is reported to have taken on little of it."""


@dataclass(frozen=True)
class Graded(Record):
    """The outcome for one photo. It is stored, so that an existing result need not be made again to report on it.

    Attributes:
        taken: how much of the look the result has, relative to the full look.
        unknown: share of the photo's pixels with colours that the look was not fitted to.
    """

    taken: float = 1.0
    unknown: float = 0.0


@dataclass(frozen=True)
class FolderOutcome:
    """The outcome for several photos.

    Attributes:
        files: paths of the results.
        failures: a sentence for each photo that could not be read or written.
        weak: names of photos whose results have less than ``HALF`` of the look.
        strange: names of photos with many colours that the look was not fitted to, if it was not weakened for them.
        stopped: whether the work was stopped before the last photo.
        before: number of photos whose results already existed, and were not made again.
        renamed: names of results that could not have the names of their photos because other files have them.
        could_adapt: whether to suggest ``ADAPT``: the look has regions, and the option was off.
    """

    files: Sequence[Path]
    failures: Sequence[str]
    weak: Sequence[str]
    strange: Sequence[str]
    stopped: bool
    before: int = 0
    renamed: Sequence[str] = ()
    could_adapt: bool = True

    def said(self, where: str) -> str:
        """Describe the outcome in words.

        Args:
            where: the place of the results, such as the name of a folder.
        """
        count, new = len(self.files) or "no", "new " if self.before else ""
        done = f"{'Stopped: ' if self.stopped else ''}{count} {new}photo{'s are' if count != 1 else ' is'} in {where}."
        done = f"{done[0].upper()}{done[1:]}"
        lines = [f"{done} The same again does the rest." if self.stopped else done]
        if self.before:
            lines.append(f"{self.before} {'were' if self.before != 1 else 'was'} done already.")
        if self.renamed:
            lines.append(f"Other files had their names, so these have others: {_listed(self.renamed)}.")
        if self.weak:
            are, their = ("are", "their") if len(self.weak) > 1 else ("is", "its")
            adapting = f", and “{ADAPT}” finds {their} own" if self.could_adapt else ""
            lines.append(
                f"{_listed(self.weak)} {are} unlike your photo, and took less than half of the look: “{FULL_LOOK}” "
                f"brings all of it, at the risk of colour casts and blotches{adapting}."
            )
        if self.strange:
            lines.append(
                f"Look for colour casts and blotches in {_listed(self.strange)}, where there are colours that your "
                "photo lacks."
            )
        if self.failures:
            lines.append(f"{len(self.failures)} could not be done:")
        return "\n".join([*lines, *self.failures])


def _listed(names: Sequence[str]) -> str:
    return enumerated(shortened(names, NAMED))


def photos_in(folder: str) -> Found:
    """Return the photos of a folder, in order, without hidden files and those made by verism.

    Raises:
        VerismError: if the folder does not exist, or contains no photo.
    """
    path = Path(folder).expanduser()
    if path.is_file():
        raise VerismError(f"{folder}: is a file; give the path of the folder that it is in.")
    if not folder.strip() or not path.is_dir():
        raise VerismError(f"{folder or 'The folder of photos'}: no such folder; give its full path.")
    return find([path])


def photos_among(files: Sequence[Path]) -> Found:
    """Return the photos among the files of an uploaded folder, like ``photos_in``.

    Raises:
        VerismError: if there is none.
    """
    seen = sorted((file for file in files if not file.name.startswith(".")), key=lambda file: file.name)
    photos = [file for file in seen if photo_file.is_photo(file)]
    own = [file for file in photos if photo_file.made_by_verism(file)]
    if len(own) == len(photos):
        raise VerismError("That folder has no photo, or only pictures that verism made.")
    damaged = [file for file in seen if file not in photos and file.suffix.lower() in FORMATS]
    return Found([file for file in photos if file not in own], len(own), damaged)


def grade(
    run: FittedRun,
    photos: Sequence[Path],
    folder: Path,
    strength: Strength,
    tell: Tell,
    stop: threading.Event,
    *,
    adapt: bool = False,
    hold_back: bool = True,
    show: Callable[[Path, Graded], object] | None = None,
    named: str = "",
) -> FolderOutcome:
    """Give photos the look of a run, like ``verism predict``, without replacing any file.

    Results made earlier in the same way, with the same look, are not made again.

    Args:
        run: the run with the look.
        photos: the photo files.
        folder: the folder for the results. They are named after their photos, with a suffix, and have the same format
            if it can be written; otherwise, they are PNG files.
        strength: strength of the look.
        tell: called with the progress before each photo.
        stop: when set, the work ends before the next photo.
        adapt: grade each photo by the regions that it shares with the style photo.
        hold_back: whether to weaken the look on photos with colours that it was not fitted to.
        show: called with the path and the record of each result, once it is written or found to exist already. May be
            None.
        named: suffix added to the names of the photos, such as "-sunset".

    Raises:
        VerismError: if the run has no look for other photos, or ``adapt`` is set and its look has no regions.
    """
    canvas = run.look.canvas
    look, by_regions = OnOtherPhotos(canvas, hold_back=hold_back), _by_regions(run) if adapt else None
    notes = Notes(folder, f"app {_decides(run)} {strength} {adapt} {hold_back}")
    made = {"look": Path(str(run.model.data.content)).name, **({"adapt": "true"} if adapt else {})}
    files: list[Path] = []
    failures: list[str] = []
    weak, strange, renamed, before = [], [], [], 0

    def note(photo: Path, path: Path, graded: Graded) -> None:
        if graded.taken < HALF:
            weak.append(photo.name)
        if graded.unknown > UNKNOWN and not look.holds_back:
            strange.append(photo.name)
        if show is not None:
            show(path, graded)

    began = time.monotonic()
    for number, photo in enumerate(photos):
        if stop.is_set():
            break
        wanted = folder / result_name(photo)
        wanted = wanted.with_stem(f"{wanted.stem}{named}")
        if (done := _done(photo, wanted, notes)) is not None:
            before += 1
            note(photo, done, Graded.read(notes.record(done)) or Graded())
            continue
        tried = len(files) + len(failures)
        seconds = (time.monotonic() - began) / max(1, tried) * (len(photos) - number)
        left = f", {duration(seconds)} left" if tried else ""
        tell(number / len(photos), f"photo {number + 1} of {len(photos)}, {photo.name}{left}")
        try:
            source = photo_file.read(photo)
            own = source.pixels
            treatment = _treated(look.treatment([own], strength), strength, by_regions)
            if is_own(canvas, own):
                treatment = treatment._replace(render=canvas.render, strength=strength, taken=1.0)
            path = free_name(wanted)
            photo_file.write(path, source.showing(treatment(own)), made | treatment.strength.said())
            graded = Graded(notes.digest(photo), taken=treatment.taken, unknown=treatment.unknown)
            graded.write(notes.record(path))
        except VerismError as error:
            said = str(error).replace(str(photo), photo.name)
            failures.append(said if said.startswith(photo.name) else f"{photo.name}: {said}")
            continue
        files.append(path)
        note(photo, path, graded)
        if path != wanted:
            renamed.append(path.name)
    stopped = len(files) + len(failures) + before < len(photos)
    could_adapt = isinstance(canvas, RegionalGrade) and not adapt
    return FolderOutcome(files, failures, weak, strange, stopped, before, renamed, could_adapt)


def _treated(treatment: Treatment, asked: Strength, by_regions: ByRegions | None) -> Treatment:
    """Return a treatment with the look for a photo's own regions, if it should have that look."""
    if by_regions is None:
        return treatment
    share = treatment.strength.strength / asked.strength if asked.strength else 1.0
    return treatment._replace(render=by_regions, taken=share)


def _done(photo: Path, path: Path, notes: Notes) -> Path | None:
    """Return the existing result of a photo, under its own name or an alternative from ``free_name``, or None."""
    names = itertools.chain([path], (path.with_stem(f"{path.stem}-{number}") for number in itertools.count(2)))
    try:
        return next((name for name in itertools.takewhile(Path.exists, names) if notes.has(photo, name)), None)
    except VerismError:
        # The photo cannot be read, which is reported when its turn comes.
        return None


def _decides(run: FittedRun) -> str:
    """Return a digest of the look of a run."""
    found = hashlib.sha256(repr(run.look.canvas).encode())
    for name, value in sorted(run.look.canvas.state_dict().items()):
        found.update(name.encode())
        found.update(value.detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()


def _by_regions(run: FittedRun) -> ByRegions:
    canvas, data = run.look.canvas, run.model.data
    if not isinstance(canvas, RegionalGrade):
        raise VerismError(
            "Only a look with regions can treat each photo by its own regions; choose that method, or turn this off."
        )
    return ByRegions(canvas, run.model.reference.cpu(), data.photos.style, data.opacity, data.size)


def pack(files: Sequence[Path], path: Path) -> Path:
    """Pack files into a .zip file, and return its path."""
    with zipfile.ZipFile(path, "w") as archive:
        for file in files:
            archive.write(file, file.name)
    return path
