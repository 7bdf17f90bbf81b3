"""Compare how photos are read here with how an independent decoder reads them.

python tools/conformance.py FOLDER [FOLDER …] reads every file below the folders, by verism and by libvips (pip install
pyvips-binary pyvips; or ImageMagick, where `magick` is installed), both in sRGB of 8 bits, upright and over white. It
prints those of which the two are further apart than --tolerance, and a table: how many agree, how many differ, and how
many either refuses. A difference is to be looked into; it is not always ours.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import io
import logging
import shutil
import subprocess
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from verism import photo_file
from verism.errors import VerismError

Pixels = NDArray[np.float32]

ENDINGS = frozenset(
    {
        *(".jpg", ".jpeg", ".jpe", ".mpo", ".png", ".apng", ".webp", ".tif", ".tiff", ".gif", ".bmp"),
        *(".avif", ".heic", ".heif", ".hif", ".jxl", ".jp2", ".j2k", ".ppm", ".pgm", ".dng"),
    }
)
"""Of files that are compared."""

AGREE, DIFFER, SMALL = "agree", "differ", "too small"
OURS, THEIRS, BOTH = "refused here", "refused there", "refused by both"
OUTCOMES = (AGREE, DIFFER, OURS, THEIRS, BOTH, SMALL)


class Outcome(NamedTuple):
    """What came of a file, and words about it."""

    kind: str
    words: str = ""


def ours(path: Path) -> Pixels:
    """Return ``(H, W, 3)`` in [0, 255], as verism reads it."""
    pixels = photo_file.read(path).pixels[0].permute(1, 2, 0).numpy() * 255
    return np.asarray(pixels, np.float32)


def by_libvips(path: Path) -> Pixels:
    """Return the same by libvips."""
    vips: Any = importlib.import_module("pyvips")
    image = vips.Image.new_from_file(str(path), fail=True).autorot()
    if image.get_typeof("icc-profile-data"):
        image = image.icc_transform("srgb", embedded=True, intent="relative", depth=8)
    else:
        image = image.colourspace("srgb")
    if image.hasalpha():
        image = image.flatten(background=[255, 255, 255])
    found = np.asarray(image.cast("uchar").numpy(), np.float32)
    found = found[..., None] if found.ndim == 2 else found
    return np.broadcast_to(found[..., :1], (*found.shape[:2], 3)) if found.shape[2] < 3 else found[..., :3]


def by_imagemagick(path: Path) -> Pixels:
    """Return the same by ImageMagick."""
    command = ["magick", f"{path}[0]", "-auto-orient", "-background", "white", "-flatten", "-colorspace", "sRGB"]
    done = subprocess.run([*command, "-depth", "8", "png24:-"], check=True, capture_output=True)
    with Image.open(io.BytesIO(done.stdout)) as file:
        return np.asarray(file.convert("RGB"), np.float32)


def decoder() -> Callable[[Path], Pixels]:
    """Return the independent decoder that is installed.

    Raises:
        SystemExit: none is.
    """
    if importlib.util.find_spec("pyvips") is not None:
        logging.getLogger("pyvips").setLevel(logging.CRITICAL)
        return by_libvips
    if shutil.which("magick"):
        return by_imagemagick
    raise SystemExit("No independent decoder is installed: pip install pyvips-binary pyvips, or install ImageMagick.")


def compare(path: Path, theirs: Callable[[Path], Pixels], tolerance: float) -> Outcome:
    """Return what comes of reading a file twice."""
    refusal = ""
    try:
        mine = ours(path)
    except VerismError as error:
        refusal = str(error)
    if "pixels are too few" in refusal:
        return Outcome(SMALL)
    try:
        other = theirs(path)
    except Exception as error:
        words = " ".join(str(error).split())
        return Outcome(BOTH, refusal) if refusal else Outcome(THEIRS, words)
    if refusal:
        return Outcome(OURS, refusal)
    if mine.shape != other.shape:
        return Outcome(DIFFER, f"{mine.shape[1]}×{mine.shape[0]} here, {other.shape[1]}×{other.shape[0]} there")
    mean = float(np.abs(mine - other).mean())
    return Outcome(AGREE if mean <= tolerance else DIFFER, f"{mean:.1f} levels apart in the mean")


def files(folders: list[Path]) -> Iterator[Path]:
    """Yield the files below folders, in order."""
    for folder in folders:
        yield from sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS and path.is_file())


def main() -> None:
    """Compare, and print what differs and a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--tolerance", type=float, default=2.0, help="Levels of 8 bits, in the mean.")
    parser.add_argument("--refusals", action="store_true", help="Print what is refused here alone, too.")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.getLogger("lightning.pytorch.utilities.rank_zero").setLevel(logging.CRITICAL)
    theirs = decoder()
    shown = {DIFFER, OURS} if options.refusals else {DIFFER}
    counts: dict[str, Counter[str]] = {}
    for path in files(options.folders):
        outcome = compare(path, theirs, options.tolerance)
        counts.setdefault(path.suffix.lower(), Counter())[outcome.kind] += 1
        if outcome.kind in shown:
            print(f"{outcome.kind}: {path}: {outcome.words}", flush=True)
    print("| | " + " | ".join(OUTCOMES) + " |")
    print("| --- |" + " --- |" * len(OUTCOMES))
    for suffix, found in sorted(counts.items()):
        print(f"| {suffix} | " + " | ".join(str(found[kind]) for kind in OUTCOMES) + " |")


if __name__ == "__main__":
    main()
