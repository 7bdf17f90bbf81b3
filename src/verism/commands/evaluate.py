"""The command ``test``: how good a result is."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from verism import evaluation, images, photo_file
from verism.backbone import VGG19
from verism.backbone.weights import Source
from verism.commands.finished_run import FinishedRun
from verism.commands.options import resolve_paths
from verism.commands.saying import near
from verism.errors import VerismError
from verism.evaluation import at_short_side
from verism.metrics import Measure
from verism.missing import missing, missing_run
from verism.quiet import quieten_lightning

DESCRIPTION = """Measure results, of verism or of any other program, against the two photos.

The photos of a run are known: verism test lightning_logs/mine-theirs. For pictures, name them:
verism test a.png b.png --content c.jpg --style s.jpg. For the comparison, the content photo is resized to the result's
shape, and the style photo to its short side. The tutorial (docs/tutorial.md, "Measure") explains the figures.
"""


def evaluate(args: Sequence[str]) -> None:
    """Run ``test`` with its arguments: print every metric of every result.

    Raises:
        VerismError: a file cannot be read, or a result is a picture and its photos are not named.
    """
    quieten_lightning()
    resolve_paths()
    parser = ArgumentParser(prog="verism test", description=DESCRIPTION, exit_on_error=False)
    parser.add_argument("results", nargs="+", type=Path, help="Images, or folders of finished runs.")
    parser.add_argument("--content", type=Path, help="The content photo; a run's folder needs none.")
    parser.add_argument("--style", type=Path, help="The style photo; a run's folder needs none.")
    parser.add_argument("--weights", type=Source, default="auto", help="Weights of the network that measures style.")
    options = parser.parse_args(list(args))
    for path in options.results:
        if not path.exists():
            raise missing(path) if path.suffix else missing_run(path)
    for photo in filter(None, (options.content, options.style)):
        photo_file.check_header(photo)
    backbone = VGG19(options.weights)
    for path in options.results:
        measured = _of_a_run(path, backbone) if path.is_dir() else _of_a_file(path, options, backbone)
        sys.stdout.write(f"{near(path)}:\n")
        for name, value in measured.items():
            sys.stdout.write(f"  {name}: {value:.6g}\n")


def _of_a_run(folder: Path, backbone: VGG19) -> dict[str, float]:
    """Return the metrics of a finished run's result at the run's size, and the detail metrics at the written size."""
    run = FinishedRun.read(folder)
    return evaluation.evaluate(run.rendered, run.pair, backbone)


def _of_a_file(path: Path, options: Namespace, backbone: VGG19) -> dict[str, float]:
    """Return the metrics of any result, at its own size, against the photos that the options name."""
    if options.content is None or options.style is None:
        raise VerismError(f"{path}: its photos are not known; give --content and --style.")
    image, content = (images.read(photo) for photo in (path, options.content))
    photo = photo_file.read(options.style)
    style, opacity = at_short_side(min(image.shape[-2:]), photo.pixels, photo.alpha)
    return Measure(images.resize(content, image.shape[-2:]), style, backbone, opacity=opacity)(image)
