"""How well every method finds a grade that is known: ``python benchmarks/known_grade.py``.

A photo is cut in two halves, and both get the same grade. The first half, graded, is the style; the second, as it was,
is the content; the second, graded, is what the result should be. A method that fails is listed, and the others go on;
what is finished is not made again.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from command import conclude, parser
from compare import Score, compare
from grades import grades
from jsonargparse import ArgumentParser
from methods import ROOT, Case, methods
from pictures import write_sheet
from tables import write_tables
from torch import Tensor
from torchmetrics.functional.image import structural_similarity_index_measure

from verism import images
from verism.errors import VerismError
from verism.metrics import ciede2000, psnr

COLUMNS = {"psnr": "PSNR, dB ↑", "ssim": "SSIM ↑", "ciede2000": "CIEDE2000 ↓"}
"""Each score, against the truth, to its heading; the arrow says where better is."""

CAPTION = ("psnr", "ciede2000")
"""What is told of each result."""

METHODS = ("content", "closed_form", "distribution_transfer", "lut", "match", "photoreal")
PHOTOS = ("autumn.jpg", "dandelions.jpg", "picos.jpg")


def main(args: Sequence[str] | None = None) -> None:
    """Make the results that are missing, ``known_grade.csv`` and ``known_grade.md`` of all, and a sheet of each photo.

    Raises:
        SystemExit: a photo cannot be read, or a method failed.
    """
    options = _parser().parse_args(args)

    def judge(case: Case) -> Score:
        truth = images.read(case.photos["truth"])
        truth = images.scale(truth, min(options.size, *truth.shape[-2:]))
        return lambda image: against(truth, images.resize(image, truth.shape[-2:]))

    try:
        cases = {photo: make_cases(photo, options.output / "cases", options.seed) for photo in options.photos}
        every = [case for own in cases.values() for case in own]
        chosen = {name: methods(shlex.split(options.fit))[name] for name in options.methods}
        rows = compare(every, chosen, judge, options.output / "results", options.size, redo=options.redo)
    except VerismError as error:
        raise SystemExit(str(error)) from error
    about = (
        f"{len(cases)} photos, each with {len(every) // len(cases)} grades (seed {options.seed}); result and truth at "
        f"a short side of {options.size} pixels."
    )
    write_tables(options.output / "known_grade", rows, COLUMNS, CAPTION, about)
    for photo, own in cases.items():
        given = {case.name: {role: case.photos[role] for role in ("style", "truth")} for case in own}
        own_rows = [row for row in rows if row.case in given]
        write_sheet(options.output / f"{photo.stem}.png", own_rows, given, CAPTION)
    conclude(rows, options.output)


def make_cases(photo: Path, folder: Path, seed: int) -> list[Case]:
    """Return a case for each grade, with style, content and truth as files in a folder of its own.

    Raises:
        VerismError: the photo cannot be read, or a file not be written.
    """
    first, second = halves(images.read(photo))
    cases = []
    for name, grade in grades(seed).items():
        case = f"{photo.stem}_{name}"
        pictures = {"style": grade(first), "content": second, "truth": grade(second)}
        files = {role: (folder / case / f"{role}.png").resolve() for role in pictures}
        for role, picture in pictures.items():
            images.write(files[role], picture, {})
        cases.append(Case(case, files))
    return cases


def halves(photo: Tensor) -> tuple[Tensor, Tensor]:
    """Return left and right half of a photo ``(1, 3, H, W)``; upper and lower half if it is higher than wide."""
    dim = -1 if photo.shape[-1] >= photo.shape[-2] else -2
    first, second, *_ = photo.split(photo.shape[dim] // 2, dim)
    return first, second


def against(truth: Tensor, image: Tensor) -> dict[str, float]:
    """Return each of ``COLUMNS`` for a result; both ``(1, 3, H, W)``, RGB in [0, 1]."""
    # A tuple only when asked for the full map.
    ssim = cast(Tensor, structural_similarity_index_measure(image, truth, data_range=1.0))
    return {"psnr": float(psnr(image, truth)), "ssim": float(ssim), "ciede2000": float(ciede2000(image, truth))}


def _parser() -> ArgumentParser:
    options = parser(str(__doc__), Path("lightning_logs/known_grade"), METHODS)
    photos = [ROOT / "configs" / "photos" / name for name in PHOTOS]
    options.add_argument("--photos", nargs="+", type=Path, default=photos, help="Photos to grade; no two of one name.")
    options.add_argument("--seed", type=int, default=0, help="Of the grades.")
    return options


if __name__ == "__main__":
    main()
