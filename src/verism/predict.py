"""The command ``predict``: a fitted look on other photos, at their full size."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from jsonargparse import ArgumentParser
from torch import Tensor
from tqdm import tqdm

from verism import checkpoint, images, photo_file
from verism.canvas import Canvas
from verism.canvas.grade import Grade
from verism.color_table import through
from verism.errors import PredictError, VerismError
from verism.fit import quieten_lightning, resolve_paths
from verism.photo_file import MEGAPIXELS, Encoding

DESCRIPTION = """Give photos the look that a run has found, at their full size and without fitting anew.

verism predict --ckpt_path …/checkpoints/last.ckpt --data.photos 'holiday/*.jpg' --output.dir graded

The run's canvas has to be one that colours a photo: RegionalGrade, Lut3d or BilateralGrid. What it does by place suits
the photo that it was fitted to; other photos get the lookup table of colours that comes closest, unless --output.local says
otherwise.
"""


def predict(args: Sequence[str]) -> None:
    """Run ``predict`` with its arguments.

    Raises:
        VerismError: the checkpoint holds no look, there are no photos, or a file would be overwritten.
        PredictError: some photos could not be read or written; the others are done.
    """
    quieten_lightning()
    resolve_paths()
    parser = ArgumentParser(prog="verism predict", description=DESCRIPTION, exit_on_error=False)
    parser.add_argument("--ckpt_path", type=Path, required=True, help="The checkpoint of the run.")
    parser.add_argument(
        "--data.photos", type=Path, nargs="+", required=True, help="Files, or patterns such as 'holiday/*.jpg'."
    )
    parser.add_argument(
        "--data.max_megapixels", type=float, default=MEGAPIXELS, help="Larger photos are refused before they are read."
    )
    parser.add_argument(
        "--output.dir", type=Path, required=True, help="The folder for the results, which keep their names."
    )
    parser.add_argument("--output.overwrite", type=bool, default=False, help="Replace files that exist.")
    parser.add_argument(
        "--output.strength", "--strength", type=float, default=1.0, help="From 0, the photo exactly, to 1, the look."
    )
    parser.add_class_arguments(Encoding, "output", as_group=False, instantiate=False)
    parser.add_argument(
        "--output.local",
        type=bool | None,
        default=None,
        help="Treat places as the run's photo's: true, false, or null: only in the run's own photo.",
    )
    options = parser.parse_args(list(args))
    output = options.output
    images.check_strength("--output.strength", output.strength)
    encoding = Encoding(output.profile, output.depth, output.dither)
    photo_file.limit(options.data.max_megapixels)
    canvas = _canvas(options.ckpt_path)
    jobs = _jobs(options.data.photos, output.dir, overwrite=output.overwrite)
    table = canvas.table(canvas.photo)
    failures = []
    for photo, result in tqdm(jobs.items(), unit="photo"):
        try:
            source = photo_file.read(photo)
            original = source.pixels
            local = _is_own(canvas, original) if output.local is None else output.local
            image = canvas.render(original) if local else through(table, original)
            made_with = {"look": options.ckpt_path.name, "strength": str(output.strength)}
            graded = source.showing(images.blend(original, image, output.strength))
            photo_file.write(result, graded, made_with, encoding)
        except VerismError as error:
            failures.append(str(error))
    sys.stdout.write(f"{len(jobs) - len(failures)} of {len(jobs)} photos are in {output.dir}\n")
    if failures:
        raise PredictError("\n".join(failures))


def _canvas(path: Path) -> Grade:
    """Return the canvas of a checkpoint, as its run left it."""
    state = checkpoint.read(path)
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument("--canvas", type=Canvas)
    options = state.get("hyper_parameters", {}).get("canvas")
    canvas = parser.instantiate_classes(parser.parse_object({"canvas": options})).canvas
    if not isinstance(canvas, Grade):
        raise VerismError(
            f"{path}: its canvas holds one image, and not a look that other photos could take on: fit with "
            "--model.canvas RegionalGrade, as photoreal.yaml does, Lut3d or BilateralGrid."
        )
    canvas.resume(checkpoint.canvas_state(state))
    return canvas.requires_grad_(requires_grad=False)


def _jobs(patterns: Sequence[Path], folder: Path, *, overwrite: bool) -> dict[Path, Path]:
    """Return photo to result; raise ``VerismError`` if there are no photos, or a file of the user's is in the way."""
    jobs: dict[Path, Path] = {}
    for photo in dict.fromkeys(photo for pattern in patterns for photo in images.matching(pattern)):
        result = folder / (photo.name if photo_file.can_write(photo) else f"{photo.stem}.png")
        if result in jobs.values():
            raise VerismError(f"{photo}: another photo has this name too, and their results would be one file.")
        if result.resolve() == photo.resolve():
            raise VerismError(f"{photo}: its result would replace it; choose another --output.dir.")
        if result.exists() and not overwrite:
            raise VerismError(f"{result}: exists already; choose another --output.dir, or set --output.overwrite true.")
        jobs[photo] = result
    return jobs


def _is_own(canvas: Grade, photo: Tensor) -> bool:
    """Return whether ``photo`` is the one that the canvas was fitted to."""
    own = canvas.photo
    same_shape = abs(photo.shape[-1] / photo.shape[-2] - own.shape[-1] / own.shape[-2]) * own.shape[-2] < 1
    # Half a level of 8 bits.
    return same_shape and bool(torch.allclose(images.resize(photo, own.shape[-2:]), own, rtol=0, atol=0.5 / 255))
