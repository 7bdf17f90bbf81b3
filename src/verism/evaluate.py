"""The command ``test``: how good a result is."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from jsonargparse import ArgumentParser
from torch import Tensor

from verism import images
from verism.backbone import VGG19
from verism.errors import VerismError
from verism.finished import FinishedRun
from verism.fit import quieten_lightning, resolve_paths
from verism.metrics import Measure
from verism.weights import Source

DESCRIPTION = """Measure results, of verism's or of any program's, against the two photos.

verism test lightning_logs/version_0 knows its photos; verism test a.png b.png --content c.jpg --style s.jpg does not.
The content photo is resized to the result's shape, the style photo to its short side. What the numbers mean stands in
verism.metrics.
"""


def evaluate(args: Sequence[str]) -> None:
    """Run ``test`` with its arguments: print every metric of every result.

    Raises:
        VerismError: a file cannot be read, or the photos are not known.
    """
    quieten_lightning()
    resolve_paths()
    parser = ArgumentParser(prog="verism test", description=DESCRIPTION, exit_on_error=False)
    parser.add_argument("results", nargs="+", type=Path, help="Images, or folders of finished runs.")
    parser.add_argument("--content", type=Path, help="The content photo, unless results are folders.")
    parser.add_argument("--style", type=Path, help="The style photo, likewise.")
    parser.add_argument("--weights", type=Source, default="auto", help="Of the network that measures style.")
    options = parser.parse_args(list(args))
    backbone = VGG19(options.weights)
    for path in options.results:
        image, content, style, masks = _pictures(path, options.content, options.style)
        shape = image.shape[-2:]
        style = images.scale(style, min(*shape, *style.shape[-2:]))
        measured = Measure(images.resize(content, shape), style, backbone, masks)(image)
        sys.stdout.write(f"{path}:\n")
        for name, value in measured.items():
            sys.stdout.write(f"  {name}: {value:.6g}\n")


def _pictures(path: Path, content: Path | None, style: Path | None) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    """Return result, content and style, each at its own size, and the content's masks if a run had any."""
    if path.is_dir():
        run = FinishedRun.read(path)
        return run.image, *run.photos, run.masks
    if content is None or style is None:
        raise VerismError(f"{path}: what it was made from is not known; give --content and --style.")
    return images.read(path), images.read(content), images.read(style), None
