"""The command ``predict``: a fitted look on other photos and clips, at their full size."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from jsonargparse import ArgumentParser
from torch import Tensor
from tqdm import tqdm

from verism import atomic, clip, images, photo_file
from verism.clip import ClipEncoding
from verism.color.seen_colors import SeenColors
from verism.color.table import through
from verism.commands import output_options
from verism.commands.options import resolve_paths
from verism.errors import PredictError, VerismError
from verism.look import saved
from verism.look.look import is_own
from verism.look.lut_file import at_strength
from verism.look.series import Series
from verism.look.strength import Strength
from verism.photo_file import MEGAPIXELS
from verism.quiet import quieten_lightning

SAMPLED, SIDE = 9, 256
"""Frames of a clip that are looked at for colours that the look does not know, and their short side in pixels."""

UNKNOWN = 0.05
"""Share of a photo's pixels with colours that the look does not know, from which on the photo is named."""

DESCRIPTION = """Give photos the look that a run has found, at their full size and without fitting anew.

verism predict --ckpt_path …/checkpoints/last.ckpt --data.photos 'holiday/*.jpg' --output.dir graded

The run must have been one with --model.canvas RegionalGrade (as in photoreal.yaml), Lut3d or BilateralGrid; free pixels
have no look for other photos. If the run treats parts of its photo differently, other photos get the closest lookup
table, which treats a colour alike everywhere (see --output.local). Colours that the run's photo did not have get the
grade for the whole photo (RegionalGrade) or stay as they are. Photos with many such colours are named at the end.

A clip (.mp4, .mov, .mkv, …; pip install 'verism[video]') is graded by the table frame by frame, and keeps its sound,
subtitles, rotation and frame times. Ctrl-C keeps the frames made so far as a clip with "partial" in its name.

With --adapt true, each photo is graded by the regions that it has in common with the run's style photo, sky by sky and
stone by stone, as far as that agrees with the run's look for a whole photo.
"""


def predict(args: Sequence[str]) -> None:
    """Run ``predict`` with its arguments.

    Raises:
        VerismError: the checkpoint holds no look, there are no photos, or a file would be overwritten.
        InterruptedClipError: by Ctrl-C, in a clip.
        PredictError: some photos could not be read or written; the others are done.
    """
    quieten_lightning()
    resolve_paths()
    options = _parser().parse_args(list(args))
    output = options.output
    strength = output_options.strength(output)
    encoding = output_options.encoding(output)
    limited = partial(photo_file.limited, options.data.max_megapixels)
    with limited():
        # A limit that is not above 0 is one mistake, not one for each photo.
        canvas = saved.read(options.ckpt_path)
    if options.adapt and output.local is not None:
        raise VerismError("--adapt true already treats each photo by its own regions; leave out --output.local.")
    clip_encoding = output_options.clip_encoding(output)
    series = Series.read(options.ckpt_path, canvas) if options.adapt else None
    jobs = _jobs(options.data.photos, output.dir, clip_encoding, overwrite=output.overwrite)
    for photo in filter(clip.is_clip, jobs):
        if options.adapt or output.local:
            option = "--adapt" if options.adapt else "--output.local"
            raise VerismError(
                f"{photo}: {option} true treats places differently, which would flicker in a clip; leave it out."
            )
        clip.library()
    table, seen = canvas.table(canvas.photo), SeenColors(canvas.photo)
    made_with = {"look": options.ckpt_path.name, **strength.said(), **({"adapt": "true"} if series else {})}
    on_others = series or partial(through, table)
    failures, strange = [], {}
    for photo, result in tqdm(jobs.items(), unit="photo", disable=all(map(clip.is_clip, jobs))):
        try:
            if clip.is_clip(photo):
                graded(photo, result, table, strength, clip_encoding, made_with)
                shown = clip.frames(photo, clip.moments(photo, SAMPLED), SIDE)
                strange[photo] = sum(map(seen.unknown, shown)) / len(shown)
                continue
            with limited():
                source = photo_file.read(photo, options.data.white)
            original = source.pixels
            local = is_own(canvas, original) if output.local is None else output.local
            image = canvas.render(original) if local else on_others(original)
            photo_file.write(result, source.showing(strength(original, image)), made_with, encoding)
            strange[photo] = seen.unknown(original)
        except VerismError as error:
            failures.append(str(error))
    kind = "clips" if all(map(clip.is_clip, jobs)) else "photos"
    sys.stdout.write(f"{len(jobs) - len(failures)} of {len(jobs)} {kind} are in {output.dir}\n")
    sys.stderr.write(_warning(strange))
    if failures:
        raise PredictError("\n".join(failures))


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="verism predict", description=DESCRIPTION, exit_on_error=False)
    parser.add_argument("--ckpt_path", type=Path, required=True, help="The checkpoint of the run, or its folder.")
    parser.add_argument(
        "--data.photos",
        type=Path,
        nargs="+",
        required=True,
        help="Photos or clips, or patterns such as 'holiday/*.jpg'.",
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
    return parser


def graded(
    photo: Path,
    result: Path,
    table: Tensor,
    strength: Strength,
    encoding: ClipEncoding,
    made_with: Mapping[str, str],
) -> None:
    """Give a clip a look, with a bar of the frames done, frames a second and the time left.

    Args:
        photo: the clip.
        result: where it goes.
        table: of the look at full strength, ``(3, n, n, n)``, RGB by blue, green and red.
        strength: of the look.
        encoding: of the result.
        made_with: for its comment.

    Raises:
        VerismError: as ``clip.grade`` does.
    """
    nodes = table.shape[-1] if strength.is_full else clip.NODES
    with tqdm(total=clip.info(photo).frames or None, unit="frame", desc=photo.name) as bar:
        done = clip.grade(photo, result, at_strength(table, strength, nodes), encoding, bar.update, made_with)
    for note in done.notes:
        sys.stderr.write(f"verism: {photo}: {note}.\n")


def _warning(strange: Mapping[Path, float]) -> str:
    """Return a line that names the photos whose colours the look did not know, or nothing.

    Args:
        strange: share of pixels with such colours, by photo.
    """
    named = [f"{photo.name} ({share:.0%} of its pixels)" for photo, share in strange.items() if share >= UNKNOWN]
    if not named:
        return ""
    return (
        f"verism: warning: the look was not fitted to the colours of {', '.join(named)}; check these results, and if "
        "they disappoint, fit to a photo that has such colours.\n"
    )


def _jobs(patterns: Sequence[Path], folder: Path, encoding: ClipEncoding, *, overwrite: bool) -> dict[Path, Path]:
    """Return photo to result; raise ``VerismError`` if there are no photos, or a file of the user's is in the way."""
    jobs: dict[Path, Path] = {}
    for photo in dict.fromkeys(photo for pattern in patterns for photo in images.matching(pattern)):
        if clip.is_clip(photo):
            result = folder / clip.result_name(photo, encoding.encoder.containers)
        else:
            result = folder / (photo.name if photo_file.can_write(photo) else f"{photo.stem}.png")
        if result in jobs.values():
            raise VerismError(f"{photo}: another photo has the same name, and both results would be the same file.")
        if result.resolve() == photo.resolve():
            raise VerismError(f"{photo}: its result would replace it; choose another --output.dir.")
        atomic.check_absent(result, replace=overwrite, remedy=f"choose another --output.dir, {output_options.REPLACE}")
        jobs[photo] = result
    return jobs
