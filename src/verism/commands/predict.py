"""The command ``predict``: applies a fitted look to other photos and clips, at their full size."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from jsonargparse import ArgumentParser, Namespace
from torch import Tensor

from verism import atomic, clip, images, photo_file, trust
from verism.atomic import free_name
from verism.batch import depth
from verism.batch.executors import Executor
from verism.batch.from_run import GradeJob, Grading, PhotoOutcome, Recipe
from verism.batch.jobs import do_all
from verism.batch.names import result_name, results
from verism.batch.notes import Notes
from verism.batch.overlapped import Phases, overlapped
from verism.batch.patterns import is_pattern, matching
from verism.batch.progress import Bar
from verism.batch.sheet import NAME as SHEET
from verism.batch.sheet import before_and_after
from verism.batch.table import ABOUT, write_table
from verism.batch.table import NAME as TABLE
from verism.callbacks import checkpoints
from verism.clip import ClipEncoding
from verism.commands import output_options
from verism.commands.options import resolve_paths
from verism.commands.own_fit import free_folder, own_fit
from verism.commands.saying import near
from verism.commands.words import leading, take, take_all
from verism.data.source import digest
from verism.errors import InterruptedClipError, InterruptedPhotosError, PredictError, VerismError
from verism.look import saved
from verism.look.lut_file import at_strength
from verism.look.on_other_photos import UNKNOWN
from verism.look.strength import Strength
from verism.photo_file import MEGAPIXELS
from verism.quiet import quieten_lightning

SAMPLED, SIDE = 9, 256
"""Number of frames of a clip that are searched for colours unknown to the look, and their short side in pixels."""

NAMED = 10
"""Largest number of photos that the warning names; the table, if there is one, lists all of them."""

REMEDY = f"choose another --output.dir, {output_options.REPLACE}"
"""What the user can do about a file that is in the way."""

DESCRIPTION = """Give photos the look that a run has found, at their full size and without fitting anew.

verism predict lightning_logs/mine-theirs 'holiday/*.jpg' --output.dir graded

The run, and then the photos, may be named first or by their options, --ckpt_path and --data.photos. The run must have
been one with --model.canvas RegionalGrade (as in photoreal.yaml), Lut3d or BilateralGrid; free pixels have no look
for other photos. --ckpt_path also takes the folder of a series, or a look's own file (.safetensors), whose looks are
tables. If the run treats parts of its photo differently, other photos get the closest lookup table, which treats a
colour alike everywhere (see --output.local). Colours that the run's photo did not have get the grade for the whole
photo (RegionalGrade) or stay as they are. Photos with many such colours get the look more weakly (--hold_back), and
are named at the end.

For several photos, sheet.jpg in --output.dir shows them before and after (--output.sheet false: not).

A clip (.mp4, .mov, .mkv, …; pip install 'verism[video]') is graded by the table frame by frame, and keeps its sound,
subtitles, rotation and frame times. Ctrl-C keeps the frames made so far as a clip with "partial" in its name.

Given again, the same command only does what is new, in a folder that has grown or after Ctrl-C, and leaves pictures
that are there as they are. Nothing else is overwritten (--output.overwrite true: everything is done anew).

With --executor local, dask or ray, photos are handed out to processes or to a cluster in chunks, and photos.csv in
--output.dir says what was done and what failed. Clips stay in this process.

With --adapt true, each photo is graded by the regions that it has in common with the run's style photo, sky by sky and
stone by stone, as far as that agrees with the run's look for a whole photo.
"""


def predict(args: Sequence[str]) -> None:
    """Run ``predict`` with its arguments.

    Raises:
        VerismError: the checkpoint holds no look, there are no photos, or a file would be overwritten.
        InterruptedClipError: Ctrl-C was pressed while a clip was being graded.
        InterruptedPhotosError: Ctrl-C was pressed while photos were being graded.
        PredictError: some photos or clips could not be read or written; the others are done.
    """
    quieten_lightning()
    resolve_paths()
    parser = _parser()
    options = parser.instantiate(parser.parse_args(_with_options(args)))
    output = options.output
    clip_encoding = output_options.clip_encoding(output)
    if options.adapt and output.local is not None:
        raise VerismError("--adapt true already treats each photo by its own regions; leave out --output.local.")
    if options.executor is not None and ":" in options.device:
        raise VerismError(
            f"--device {options.device}: with --executor, each process has its own GPU; choose cuda, auto or cpu."
        )
    files = matching(options.data.photos, but=_styles(options))
    recipe = _recipe(options)
    name = partial(_result_name, encoding=clip_encoding)
    jobs = results(files, output.dir, REMEDY, overwrite=True, name=name)
    depth.check((result for photo, result in jobs.items() if not clip.is_clip(photo)), recipe.encoding)
    grading = Grading(recipe)
    clips = {photo: result for photo, result in jobs.items() if clip.is_clip(photo)}
    photos = {photo: result for photo, result in jobs.items() if photo not in clips}
    for photo in clips:
        _check_clip(photo, options)
    notes = Notes(output.dir, f"{recipe.decides} {clip_encoding}")
    outcomes = {} if output.overwrite else _done_before(jobs, notes)
    before = set(outcomes)
    new = {photo: result for photo, result in photos.items() if photo not in before}
    if options.executor is not None:
        _check_table(photos, notes, output)
    for result in (jobs[photo] for photo in jobs if photo not in before):
        notes.record(result).unlink(missing_ok=True)
    kind = "clips" if clips and not photos else "photos"
    if before:
        sys.stderr.write(f"verism: {len(before)} of {len(jobs)} {kind} are done already.\n")
    try:
        outcomes |= _graded(new, grading, options.executor, notes)
    except KeyboardInterrupt as error:
        done = sum(notes.has(photo, result) for photo, result in jobs.items())
        raise InterruptedPhotosError(done, len(jobs)) from error
    if options.executor is not None:
        _write_table({photo: (result, outcomes[photo]) for photo, result in photos.items()}, notes)
    for photo in (photo for photo in clips if photo not in before):
        outcomes[photo] = _clip_outcome(photo, clips[photo], grading, clip_encoding, notes)
    failures = [outcomes[photo].error for photo in jobs if outcomes[photo].error is not None]
    if len(failures) < len(jobs):
        sys.stdout.write(f"{len(jobs) - len(failures)} of {len(jobs)} {kind} are in {near(output.dir)}\n")
    if new:
        _show({photo: photos[photo] for photo in photos if outcomes[photo].error is None}, recipe, output, notes)
    strange = {photo: outcomes[photo].unknown or 0 for photo in jobs if photo not in before}
    typed = _Typed(args, output.dir)
    own = partial(typed.own, look=options.ckpt_path)
    sys.stderr.write(warning(strange, own, typed.in_full if grading.look.holds_back else None))
    if failures:
        raise PredictError("\n".join(map(str, failures)))


def _styles(options: Namespace) -> list[Path]:
    """Return the style photos of the look, which are left out of patterns and folders."""
    if not any(map(is_pattern, options.data.photos)):
        return []
    # A look that cannot be read is reported later.
    with suppress(VerismError):
        return saved.photos(options.ckpt_path)[1]
    return []


def _with_options(args: Sequence[str]) -> list[str]:
    """Return the arguments with the leading words turned into the options that they stand for: a run, then photos."""
    first, options = leading(args)
    run, photos = first[:1], first[1:]
    named = [*(["--ckpt_path", *run] if run else []), *(["--data.photos", *photos] if photos else [])]
    return [*named, *options]


def _done_before(jobs: Mapping[Path, Path], notes: Notes) -> dict[Path, PhotoOutcome]:
    """Return the outcomes of the jobs already done; raise ``VerismError`` if another file is in the way of a result."""
    found = {}
    for photo, result in jobs.items():
        if notes.has(photo, result):
            found[photo] = PhotoOutcome.read(notes.record(result)) or PhotoOutcome()
        else:
            other = "it was made of another photo, or with another look or other options; "
            said = other if notes.record(result).is_file() else ""
            atomic.check_absent(result, replace=False, remedy=f"{said}{REMEDY}")
    return found


def _recipe(options: Namespace) -> Recipe:
    """Return what determines the results; raise ``VerismError`` for a missing run or an option out of range."""
    with photo_file.limited(options.data.max_megapixels):
        # An invalid limit is refused here once, rather than for each photo.
        run = saved.file(options.ckpt_path)
    return Recipe(
        run,
        digest(run) if run.is_file() else "",
        options.ckpt_path.name,
        output_options.strength(options.output),
        output_options.encoding(options.output),
        options.adapt,
        options.output.local,
        options.data.white,
        options.data.max_megapixels,
        trust.packages(),
        options.hold_back,
        options.device,
    )


def _check_clip(photo: Path, options: Namespace) -> None:
    """Raise ``VerismError`` if clips cannot be read here, or if regions are to be treated differently."""
    if options.adapt or options.output.local:
        option = "--adapt" if options.adapt else "--output.local"
        raise VerismError(
            f"{photo}: {option} true treats places differently, which would flicker in a clip; leave it out."
        )
    clip.library()


def _clip_outcome(photo: Path, result: Path, grading: Grading, encoding: ClipEncoding, notes: Notes) -> PhotoOutcome:
    """Apply the look to a clip in this process and return the outcome."""
    try:
        shown = clip.frames(photo, clip.moments(photo, SAMPLED), SIDE)
        treatment = grading.look.treatment(shown, grading.recipe.strength)
        made_with = grading.made_with | treatment.strength.said()
        grade_clip(photo, result, treatment.table, treatment.strength, encoding, made_with)
    except InterruptedClipError:
        raise
    except VerismError as error:
        return PhotoOutcome(error=str(error))
    return _noted(photo, result, treatment.unknown, notes)


def _noted(photo: Path, result: Path, unknown: float, notes: Notes) -> PhotoOutcome:
    """Record the outcome for a photo that is done, and return it."""
    outcome = PhotoOutcome(unknown=unknown)
    # Without the record, the same command refuses to replace the result and says so; nothing is lost.
    with suppress(VerismError):
        replace(outcome, digest=notes.digest(photo)).write(notes.record(result))
    return outcome


def _in_this_process(photos: Mapping[Path, Path], grading: Grading, notes: Notes) -> dict[Path, PhotoOutcome]:
    """Apply the look to photos in this process, reading ahead and writing behind, and return the outcome for each."""
    outcomes: dict[Path, PhotoOutcome] = {}
    phases = Phases(grading.read, grading.render, lambda photo, rendered: grading.write(photos[photo], rendered))
    if not photos:
        return outcomes
    with Bar(len(photos), "Photos", "photo") as bar:

        def done(photo: Path, outcome: float | VerismError) -> None:
            if isinstance(outcome, VerismError):
                outcomes[photo] = PhotoOutcome(error=str(outcome))
            else:
                outcomes[photo] = _noted(photo, photos[photo], outcome, notes)
            bar.update()

        overlapped(photos, phases, done)
    return outcomes


def _graded(
    photos: Mapping[Path, Path], grading: Grading, executor: Executor | None, notes: Notes
) -> dict[Path, PhotoOutcome]:
    """Apply the look to photos, or have an executor do it, and return the outcome for each."""
    if executor is None:
        return _in_this_process(photos, grading, notes)
    try:
        # Next to the results, because workers on other machines can write there too.
        notes.log.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise VerismError(f"--output.dir {notes.folder}: cannot be written to ({error.strerror}).") from error
    jobs = [GradeJob(photo, result, notes, grading.recipe) for photo, result in photos.items()]
    do_all(jobs, executor, notes.log, "Photos")
    return {job.photo: PhotoOutcome.read(job.record) or PhotoOutcome(error="not done") for job in jobs}


def _check_table(photos: Mapping[Path, Path], notes: Notes, output: Namespace) -> None:
    """Raise ``VerismError`` if there is a table of other results, or another file with its name."""
    table = output.dir / TABLE
    atomic.check_absent(table, replace=output.overwrite or notes.is_own(table, photos.values()), remedy=REMEDY)


def _write_table(photos: Mapping[Path, tuple[Path, PhotoOutcome]], notes: Notes) -> None:
    """List photos with their results and outcomes in a table, and say where it is."""
    rows = [
        {
            "photo": photo,
            "result": result,
            "status": "finished" if outcome.error is None else "failed",
            "error": outcome.error,
            "unknown_colors": None if outcome.unknown is None else round(outcome.unknown, 4),
        }
        for photo, (result, outcome) in photos.items()
    ]
    if rows:
        table = notes.folder / TABLE
        write_table(table, rows)
        notes.note(table)
        sys.stdout.write(f"Table: {near(table)}, {ABOUT}\n")


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="verism predict", description=DESCRIPTION, exit_on_error=False)
    parser.add_argument(
        "--ckpt_path",
        type=Path,
        required=True,
        help="The folder of the run, or one of its checkpoints; the folder of a series; or a look's own file, "
        ".safetensors.",
    )
    parser.add_argument(
        "--data.photos",
        type=Path,
        nargs="+",
        required=True,
        help="Photos or clips, folders of them, or patterns such as 'holiday/*.jpg'. Patterns and folders leave out "
        "what verism made, and the style of the look.",
    )
    parser.add_argument(
        "--data.max_megapixels",
        type=float,
        default=MEGAPIXELS,
        help="Larger photos are refused before they are decoded.",
    )
    parser.add_argument(
        "--data.white",
        type=float | None,
        default=None,
        help="The value that means white in photos with floating-point samples; null: 1, and photos "
        "with values far above 1 are refused.",
    )
    parser.add_argument(
        "--output.dir",
        type=Path,
        required=True,
        help="The folder for the results, which keep the names of their photos.",
    )
    parser.add_argument("--output.overwrite", type=bool, default=False, help="Replace files that exist.")
    output_options.add_strength(parser)
    output_options.add_encoding(parser)
    output_options.add_codec(parser)
    output_options.add_sheet(parser)
    parser.add_argument(
        "--output.local",
        type=bool | None,
        default=None,
        help="Whether photos are treated differently from place to place, as the run's own photo was; null: only that "
        "photo itself.",
    )
    parser.add_argument(
        "--adapt",
        type=bool,
        default=False,
        help="Grade each photo by its own regions, close to the look of the run. The run must be one with "
        "--model.canvas RegionalGrade, and its style photo must still exist.",
    )
    parser.add_argument(
        "--hold_back",
        type=bool,
        default=True,
        help="Restrain the look on photos and clips of scenes that are unlike the run's own, and weaken it in "
        "proportion to the pixels with colours that it does not know; false: the same lookup table for all. A Lut3d is "
        "the same for all in any case.",
    )
    parser.add_argument(
        "--device",
        type=str,
        default="auto",
        help="What photos are rendered on. auto: an NVIDIA GPU if there is one, else the CPU; cpu; cuda: a GPU; "
        "cuda:1: another. A photo for which the GPU has too little memory is rendered on the CPU, which is said. Clips "
        "are graded on the CPU.",
    )
    add_executor(parser)
    return parser


def add_executor(parser: ArgumentParser) -> None:
    """Add the option that chooses what does the work, as in a sweep."""
    parser.add_argument(
        "--executor",
        type=Executor | None,
        default=None,
        help="What grades the photos: local (one process per GPU or core of this machine), dask or ray, each with "
        "its own options, such as --executor.workers; null: this process.",
    )


def grade_clip(
    photo: Path,
    result: Path,
    table: Tensor,
    strength: Strength,
    encoding: ClipEncoding,
    made_with: Mapping[str, str],
) -> None:
    """Apply a look to a clip, with a progress bar that shows frames done, frames per second and time left.

    Args:
        photo: the clip.
        result: the file to write.
        table: lookup table of the look at full strength, ``(3, n, n, n)``, RGB by blue, green and red.
        strength: strength of the look.
        encoding: how the result is written.
        made_with: how the result was made, to be recorded in its comment.

    Raises:
        VerismError: as ``clip.grade`` does.
    """
    nodes = table.shape[-1] if strength.is_full else clip.NODES
    with Bar(clip.info(photo).frames or None, photo.name, "frame") as bar:
        done = clip.grade(photo, result, at_strength(table, strength, nodes), encoding, bar.update, made_with)
    for note in done.notes:
        sys.stderr.write(f"verism: {near(photo)}: {note}.\n")


def warning(
    strange: Mapping[Path, float],
    own: Callable[[Sequence[Path]], str],
    in_full: Callable[[Sequence[Path]], str] | None = None,
) -> str:
    """Return lines that name the photos with many colours unknown to the look; empty if there are none.

    Args:
        strange: share of pixels with such colours, by photo.
        own: returns the command that gives photos a fit of their own; empty if it cannot be determined.
        in_full: returns the command that gives photos the whole look; None if they have it already.
    """
    photos = [photo for photo, share in strange.items() if share > UNKNOWN]
    if not photos:
        return ""
    named = [f"{photo.name} ({strange[photo]:.0%} of its pixels)" for photo in photos]
    if len(named) > NAMED:
        named[NAMED:] = [f"and {len(named) - NAMED} more"]
    fit = "a fit of its own" if len(photos) == 1 else "a fit of their own"
    better = f"{fit} does better: {own(photos) or 'verism mine.jpg theirs.jpg'}"
    if in_full is None:
        return (
            f"verism: warning: the look was not made for the colours of {', '.join(named)}; check these results.\n"
            f"If they disappoint, {better}\n"
        )
    changed = "has changed less, because it has" if len(photos) == 1 else "have changed less, because they have"
    return (
        f"verism: warning: {', '.join(named)} {changed} colours that the look was not made for.\n"
        f"{better[0].upper()}{better[1:]}\n"
        f"The whole look all the same, at the risk of colour casts and blotches: {in_full(photos)}\n"
    )


class _Typed:
    """The command as it was typed, from which suggested commands are derived.

    Attributes:
        args: its arguments.
        photos: the words that stand for the photos.
    """

    def __init__(self, args: Sequence[str], folder: Path) -> None:
        """Parse the words; ``folder`` is the folder of the results."""
        self.args, self._folder = args, folder
        typed, options = leading(args)
        run, typed = typed[:1], typed[1:]
        named, options = take(options, "--ckpt_path")
        several, options = take_all(options, "--data.photos")
        self._run, self.photos, self._options = [named] if named else run, several or typed, options

    def own(self, photos: Sequence[Path], look: Path) -> str:
        """Return the command that gives photos a fit of their own; empty if the look's style is not known."""
        return own_fit(photos, saved.styles(look), self._folder, self.args, self.photos)

    def in_full(self, photos: Sequence[Path]) -> str:
        """Return the command that gives photos the whole look, in a separate folder.

        Args:
            photos: the photos; if there are many, the command names all that were asked for instead.
        """
        options = self._options
        for option in ("--hold_back", "--output.overwrite", "--output.dir"):
            _, options = take(options, option)
        files = [str(near(photo)) for photo in photos] if len(photos) <= NAMED else self.photos
        apart = ["--output.dir", free_folder(self._folder, "full"), "--hold_back", "false"]
        words = ["predict", *self._run, *files, *options, *apart, *trust.given()]
        return f"{checkpoints.program()} {shlex.join(words)}"


def _show(done: Mapping[Path, Path], recipe: Recipe, output: Namespace, notes: Notes) -> None:
    """Write a contact sheet of several photos and their results, unless disabled, and say where it is."""
    if len(done) > 1 and output.sheet:
        sheet = output.dir / SHEET
        replaceable = output.overwrite or notes.is_own(sheet, done.values())
        if sheet in done.values() or not replaceable:
            sheet = free_name(sheet)
        with photo_file.limited(recipe.max_megapixels):
            pictures = before_and_after(list(done), list(done.values()), recipe.white, saved.styles(recipe.run))
            images.write(sheet, pictures, {})
        notes.note(sheet)
        sys.stdout.write(f"Before and after: {near(sheet)}\n")


def _result_name(photo: Path, encoding: ClipEncoding) -> str:
    """Return the name of the result of a photo or a clip."""
    return clip.result_name(photo, encoding.encoder.containers) if clip.is_clip(photo) else result_name(photo)
