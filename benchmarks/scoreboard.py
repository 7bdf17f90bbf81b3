"""How good every method is on a folder of photo pairs: ``python benchmarks/scoreboard.py FOLDER``.

The folder has a folder for each pair, with content.png and style.png. With content_mask.png and style_mask.png, the
methods that use masks take part, and every result, also of a method that never saw the masks, is measured region by
region: drift, and whether a region has the colours of its counterpart. Pictures that match --published, such as other
programs' results, are compared too. All are resized to --size, and measured as verism.metrics says. A method that
fails is listed, and the others go on; what is finished is not made again.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from command import conclude, parser
from compare import Score, compare
from jsonargparse import ArgumentParser
from methods import Case, Given, methods
from pictures import write_sheet
from tables import write_tables
from torch import Tensor

from verism import VGG19, images
from verism.backbone.weights import Source
from verism.errors import VerismError
from verism.metrics import Measure, semantic
from verism.regions import label_images

COLUMNS = {
    "drift": "drift, ΔE ↓",
    "semantic": "semantic ↓",
    "lost": "detail lost ↓",
    "blown": "detail blown up ↓",
    "newly_clipped": "newly clipped ↓",
    "structure": "structure ↑",
    "sobel_ssim": "Sobel SSIM ↑",
    "psnr": "PSNR, dB ↑",
    "sliced_wasserstein": "sliced Wasserstein ↓",
    "color_distance": "colour distance ↓",
    "ciede2000": "CIEDE2000 ↓",
    "style_distance": "style distance ↓",
    "pure_colors": "pure colours",
}
"""Each of verism.metrics.NAMES, and semantic, to its heading; the arrow says where better is."""

CAPTION = ("drift", "lost", "structure", "style_distance")
"""What is told of each result."""


def main(args: Sequence[str] | None = None) -> None:
    """Make the results that are missing, and ``scoreboard.csv``, ``scoreboard.md`` and ``sheet.png`` of all.

    Raises:
        SystemExit: the folder has no pairs, a photo cannot be read, or a method failed.
    """
    options = _parser().parse_args(args)
    backbone = VGG19(options.weights)

    try:
        cases = read_pairs(options.folder)
        published = _published(cases, options.published)
        chosen = {name: methods(shlex.split(options.fit))[name] for name in options.methods}
        judge = by_metrics(backbone, options.size)
        rows = compare(cases, chosen | published, judge, options.output / "results", options.size, redo=options.redo)
    except VerismError as error:
        raise SystemExit(str(error)) from error
    about = (
        f"{len(cases)} pairs; content, style and results at a short side of {options.size} pixels; style distance by "
        f"the weights {backbone.identity['weights']}."
    )
    write_tables(options.output / "scoreboard", rows, COLUMNS, CAPTION, about)
    given = {case.name: {role: case.photos[role] for role in ("content", "style")} for case in cases}
    write_sheet(options.output / "sheet.png", [row for row in rows if row.method != "content"], given, CAPTION)
    conclude(rows, options.output)


def read_pairs(folder: Path) -> list[Case]:
    """Return a case for each folder in ``folder`` with content.png and style.png: all of its PNGs, by name.

    Raises:
        VerismError: there is none.
    """
    cases = [
        Case(pair.name, {photo.stem: photo.resolve() for photo in sorted(pair.glob("*.png"))})
        for pair in sorted(folder.glob("*/"), key=_order)
        if (pair / "content.png").is_file() and (pair / "style.png").is_file()
    ]
    if not cases:
        raise VerismError(f"{folder}: has no folder with content.png and style.png in it.")
    return cases


def _published(cases: Sequence[Case], patterns: Sequence[str]) -> dict[str, Given]:
    """Return the pictures whose file's name matches any of the patterns, as methods."""
    photos = [photo for case in cases for photo in case.photos.values()]
    return {photo.stem: Given(photo.stem) for pattern in patterns for photo in photos if photo.match(pattern)}


def by_metrics(backbone: VGG19, size: int) -> Callable[[Case], Score]:
    """Return what judges a case's results by verism.metrics, photos and results at a short side of ``size`` pixels.

    With both masks, drift is that within the regions, and semantic is measured too.
    """

    def judge(case: Case) -> Score:
        content, style = (_scaled(case.photos[role], size) for role in ("content", "style"))
        masks = [case.photos[role] for role in ("content_mask", "style_mask") if role in case.photos]
        if len(masks) < 2:  # noqa: PLR2004  # Of both photos.
            measure = Measure(content, style, backbone)
            return lambda image: measure(images.resize(image, content.shape[-2:]))
        # A label that only one photo has is no mistake here.
        known = label_images.read(masks, [content.shape[-2:], style.shape[-2:]], threshold=1)
        within = Measure(content, style, backbone, known.content)

        def score(image: Tensor) -> Mapping[str, float]:
            image = images.resize(image, content.shape[-2:])
            return {**within(image), "semantic": float(semantic(image, style, known))}

        return score

    return judge


def _scaled(path: Path, size: int) -> Tensor:
    photo = images.read(path)
    return images.scale(photo, min(size, *photo.shape[-2:]))


def _order(folder: Path) -> tuple[int, str]:
    """Return what sorts 8 before 10."""
    return int(folder.name) if folder.name.isdecimal() else 0, folder.name


def _parser() -> ArgumentParser:
    options = parser(str(__doc__), Path("lightning_logs/scoreboard"), list(methods()))
    options.add_argument("folder", type=Path, help="Of the pairs.")
    options.add_argument(
        "--published",
        nargs="*",
        type=str,
        default=["*_result.png"],
        help="Names or patterns of pictures to compare too.",
    )
    options.add_argument("--weights", type=Source, default="auto", help="Of the network that measures style.")
    return options


if __name__ == "__main__":
    main()
