"""The command ``series``: gives many photos one look, so that photos of one scene match."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import cast

from jsonargparse import ArgumentParser, Namespace
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import LambdaCallback
from rich.text import Text
from torch import Tensor

from verism import clip, images, photo_file
from verism.batch import depth
from verism.batch.alone import alone_in
from verism.batch.executors import Executor
from verism.batch.jobs import do_all
from verism.batch.names import results
from verism.batch.patterns import matching
from verism.batch.record import Record
from verism.batch.sheet import before_and_after
from verism.batch.table import ABOUT, write_table
from verism.callbacks.progress import Progress
from verism.cli import locate
from verism.commands import config_file, fit_words, output_options
from verism.commands.milder import milder
from verism.commands.options import resolve_paths
from verism.commands.own_fit import own_fit
from verism.commands.predict import add_executor, warning
from verism.commands.saying import near, opening, say, weights
from verism.data.source import digest
from verism.errors import SeriesError, VerismError
from verism.look.strength import Strength
from verism.module import StyleTransfer
from verism.photo_file import MEGAPIXELS
from verism.quiet import quieten_lightning
from verism.series import again, common_look, own_light
from verism.series.agreement import Agreement
from verism.series.folder import Folder
from verism.series.levels import Shared, levels
from verism.series.pair import Pair, PairJob, Reading
from verism.series.photo import Levelled, PhotoJob, Treatment

DESCRIPTION = """Give a series of photos one look, so that photos of one scene agree with each other.

verism series 'holiday/*.jpg' --style theirs.jpg

The look is fitted to nine of the photos at once, evenly chosen, and then given to each of them at full size. Neighbours
that show the same scene are levelled before: their exposure and white balance are brought together, by two thirds of a
stop at the most.

In --output.dir are the results under their photos' names, sheet.jpg with before and after, photos.csv with what was
done and what failed, and look.safetensors, the look. Nothing is overwritten. The same command goes on where an
interrupted one was, and only does what is new in a folder that has grown.

Options of verism fit, such as --trainer.max_steps 30 or --config lut.yaml, are those of the fit of the look.
"""


def series(args: Sequence[str]) -> None:
    """Run ``series`` with its arguments.

    Raises:
        VerismError: there are no photos, a file would be overwritten, the look cannot be fitted, the executor fails, or
            another series is being made in the folder.
        SeriesError: some photos could not be read or written, or Ctrl-C was pressed; the others are done.
    """
    quieten_lightning()
    resolve_paths()
    own, words = fit_words.split(args, kept=("--data.white", "--data.max_megapixels"))
    parser = _parser()
    options = parser.instantiate(parser.parse_args(own))
    options.photos = matching(options.photos, but=options.style)
    for style in options.style:
        photo_file.check_header(style)
    path = options.output.dir or options.photos[0].parent / f"series-{options.style[0].stem}"
    folder = Folder(path)
    with alone_in(path, "--output.dir", "series", folder.notes):
        Series(folder, options, fit_words.as_overrides(words), args)()


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="verism series", description=DESCRIPTION, exit_on_error=False)
    parser.add_argument(
        "photos",
        type=Path,
        nargs="+",
        help="The photos in their order, a folder of them, or patterns such as 'holiday/*.jpg'. Patterns and folders "
        "leave out what verism made, and the style.",
    )
    parser.add_argument(
        "--style", type=Path, nargs="+", required=True, help="The photo whose look the series takes on, or several."
    )
    parser.add_argument("--config", type=str, default="photoreal.yaml", help="The config with the settings of the fit.")
    parser.add_argument(
        "--level",
        type=bool,
        default=True,
        help="Bring photos of one scene closer to each other before the look; false: the look alone.",
    )
    parser.add_argument(
        "--data.max_megapixels",
        type=float,
        default=MEGAPIXELS,
        help="Photos with more megapixels are refused before they are read.",
    )
    parser.add_argument(
        "--data.white",
        type=float | None,
        default=None,
        help="The value that means white in photos with floating-point samples.",
    )
    parser.add_argument(
        "--output.dir",
        type=Path | None,
        default=None,
        help="The folder for the results; null: series-STYLE, next to the first photo.",
    )
    output_options.add_strength(parser)
    output_options.add_encoding(parser)
    output_options.add_sheet(parser)
    add_executor(parser)
    return parser


class Series:
    """A series of photos: its folder, and the processing of its photos."""

    def __init__(self, folder: Folder, options: Namespace, overrides: Mapping[str, str], args: Sequence[str]) -> None:
        """Find the photos and choose the names of their results.

        Args:
            folder: the folder for the results.
            options: the options of the command.
            overrides: options of ``fit``, name to value, which replace those of the config.
            args: arguments of the command, as typed.

        Raises:
            VerismError: an option is wrong, there are no photos, or a user's file is in the way.
        """
        self.folder = folder
        self.styles: list[Path] = options.style
        self.overrides = overrides
        self.args = args
        self.executor: Executor | None = options.executor
        self.strength = output_options.strength(options.output)
        self.encoding = output_options.encoding(options.output)
        self.reading = Reading(options.data.white, options.data.max_megapixels)
        self.levelling: bool = options.level
        self.sheet: bool = options.output.sheet
        self.config = locate(options.config)
        config_file.check(self.config)
        self.results = results(options.photos, folder.path, "choose another --output.dir", ours=folder.ours())
        for photo in filter(clip.is_clip, self.results):
            raise VerismError(f"{photo}: is a clip, and a series has photos alone; see verism {photo.name} STYLE.")
        depth.check(self.results.values(), self.encoding)
        folder.claim(list(self.results.values()))

    def __call__(self) -> None:
        """Do everything that is not done yet.

        Raises:
            SeriesError, VerismError: as ``series`` does.
        """
        try:
            self._fit()
            pairs = self._compare()
            jobs = self._grade(pairs)
        except KeyboardInterrupt as error:
            done = sum(self.folder.record(result, "photo").is_file() for result in self.results.values())
            raise SeriesError(
                f"Interrupted; {done} of {len(self.results)} photos are done, and the same command does the rest."
            ) from error
        self._report(jobs, pairs)

    def _fit(self) -> None:
        """Fit the look, unless the folder has one already."""
        made_from = (
            *(digest(style) for style in self.styles),
            self.config.read_bytes(),
            sorted(self.overrides.items()),
            (self.strength, self.encoding, self.reading, self.levelling),
        )
        identity = hashlib.sha256(repr(made_from).encode()).hexdigest()
        photos = list(self.results)
        counted = f"{len(photos)} photo{'' if len(photos) == 1 else 's'}"
        if self.folder.has_look(identity, self._at(self.strength)):
            say(opening(counted, self.styles, "the look is there already"))
            return

        def begin(trainer: Trainer, model: LightningModule) -> None:
            del trainer
            named = cast("StyleTransfer", model).backbone.identity["weights"]
            say(opening(counted, self.styles, weights(named)))

        # If the fit cannot begin, only the reason is printed.
        callbacks: list[Callback] = [LambdaCallback(on_train_start=begin)]
        if self.overrides.get("trainer.enable_progress_bar", "true") != "false":
            callbacks.append(Progress(tells_loss=False))
        run = common_look.fit(photos, self.styles, self.config, self.reading, self.overrides, callbacks)
        self.folder.keep_look(run, self.styles, identity)
        again.record(self.args, self.folder.path)

    def _at(self, strength: Strength) -> str:
        """Return the command that makes this series at another strength, in another folder."""
        return again.again(self.args, self.folder.path, strength)

    def _own_fit(self, photos: Sequence[Path]) -> str:
        """Return the command that gives photos their own look; empty without one, or for too many photos."""
        return own_fit(photos, self.styles, self.folder.path, self.args)

    def _compare(self) -> list[Shared | None]:
        """Return what each photo shares with the next one."""
        jobs = [
            PairJob(first, second, self.folder.record(self.results[first], "pair"), self.reading)
            for first, second in pairwise(self.results)
        ]
        if not self.levelling:
            return [None for _ in jobs]
        _keep_valid(jobs, Pair)
        do_all(jobs, self.executor, self.folder.log, "Neighbours")
        # Only what is needed of each record is kept, because there may be thousands.
        return [(Pair.read(job.record) or Pair()).shared() for job in jobs]

    def _grade(self, pairs: Sequence[Shared | None]) -> list[PhotoJob]:
        """Apply the look to each photo unless that is already done, and return the jobs of all photos."""
        folder = self.folder
        treatment = Treatment(
            folder.look, digest(folder.look), folder.fitted_to, self.reading, self.strength, self.encoding
        )
        shifts = levels(pairs)
        photos = list(self.results)
        records = [folder.record(self.results[photo], "pair") for photo in photos[:-1]]
        around = zip([None, *records], [*records, None], strict=True)
        jobs = [
            PhotoJob(
                photo,
                self.results[photo],
                folder.record(self.results[photo], "photo"),
                treatment,
                _rounded(shift.stops),
                tuple(map(_rounded, shift.slopes)),
                *neighbours,
            )
            for photo, shift, neighbours in zip(photos, shifts, around, strict=True)
        ]
        done = _keep_valid(jobs, Levelled)
        if done:
            sys.stderr.write(f"verism: {done} of {len(jobs)} photos are done already.\n")
        do_all(jobs, self.executor, folder.log, "Photos")
        return jobs

    def _report(self, jobs: Sequence[PhotoJob], pairs: Sequence[Shared | None]) -> None:
        """Write the table and the contact sheet, and print a summary; raise ``SeriesError`` if photos failed."""
        folder = self.folder
        agreement = Agreement.of(pairs, map(_outcome, jobs))
        outcomes = [replace(_outcome(job), before=(), after=()) for job in jobs]
        write_table(
            folder.table,
            [
                {
                    "photo": job.photo,
                    "result": job.result,
                    "status": "finished" if outcome.error is None else "failed",
                    "error": outcome.error,
                    "unknown_colors": None if outcome.unknown is None else round(outcome.unknown, 4),
                    **_by_channel("stops_lighter", job.stops),
                    **_by_channel("more_stops_at_the_right", job.slopes[0]),
                    **_by_channel("more_stops_at_the_bottom", job.slopes[1]),
                    "difference_to_next_before": before,
                    "difference_to_next_after": after,
                }
                for job, outcome, (before, after) in zip(jobs, outcomes, [*agreement.pairs, (None, None)], strict=True)
            ],
        )
        done = [job for job, outcome in zip(jobs, outcomes, strict=True) if outcome.error is None]
        if done and self.sheet:
            with photo_file.limited(self.reading.max_megapixels):
                photos, results = [job.photo for job in done], [job.result for job in done]
                sheet = before_and_after(photos, results, self.reading.white, self.styles)
            images.write(folder.sheet, sheet, {})
        sys.stdout.write(f"{len(done)} of {len(jobs)} photos are in {near(folder.path)}\n")
        sys.stdout.write(agreement.said())
        sys.stdout.write(f"Before and after: {near(folder.sheet)}\n" if done and self.sheet else "")
        sys.stdout.write(f"Table: {near(folder.table)}, {ABOUT}\n" if done else "")
        strange = {job.photo: it.unknown or 0 for job, it in zip(jobs, outcomes, strict=True)}
        sys.stderr.write(warning(strange, self._own_fit))
        changes = {job.photo: it.lighter or 0 for job, it in zip(jobs, outcomes, strict=True)}
        less = self.strength._replace(tone=float(f"{own_light.LESS * self.strength.tone:.2g}"))
        sys.stderr.write(own_light.warning(changes, self._at(less)))
        if done and self.strength.strength:
            called, strength = milder(self.strength)
            say(Text.assemble(f"{called}: ", (self._at(strength), "cyan")))
        failed = [outcome.error for outcome in outcomes if outcome.error is not None]
        if failed:
            raise SeriesError(
                f"{len(failed)} of {len(jobs)} photos failed, the first with: {failed[0].rstrip('.')}. "
                f"All of their errors are in {near(folder.table)}."
            )


def _rounded(stops: Tensor) -> tuple[float, ...]:
    return tuple(round(it, 4) + 0.0 for it in stops.tolist())  # No −0 in the table.


def _by_channel(name: str, stops: Sequence[float]) -> dict[str, float]:
    return {f"{name}_{channel}": stop for channel, stop in zip(("red", "green", "blue"), stops, strict=True)}


def _outcome(job: PhotoJob) -> Levelled:
    return Levelled.read(job.record) or Levelled(error=f"{job.photo}: its record is gone")


def _keep_valid(jobs: Sequence[PairJob] | Sequence[PhotoJob], kind: type[Record]) -> int:
    """Remove the records of jobs that failed or are out of date; return the number of valid records left.

    Args:
        jobs: the jobs.
        kind: the class of their records.
    """
    of: Callable[[Path], str] = cache(digest)
    valid = 0
    for job in jobs:
        if job.record.is_file():
            if _is_valid(job, kind, of):
                valid += 1
            else:
                job.record.unlink()
    return valid


def _is_valid(job: PairJob | PhotoJob, kind: type[Record], of: Callable[[Path], str]) -> bool:
    record = kind.read(job.record)
    if record is None or record.error is not None or (isinstance(job, PhotoJob) and not job.result.is_file()):
        return False
    try:
        return record.digest == job.digest(of)
    except VerismError:
        # The photo cannot be read; this is reported when the job runs again.
        return False
