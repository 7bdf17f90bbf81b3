"""How a step's time grows with the image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from math import log, sqrt
from statistics import linear_regression

from ours import Precision, as_paper, bare
from programs import Program, in_turns, spread
from steps import RATIO
from tables import table


def with_pixels(megapixels: Sequence[float], steps: int, precision: Precision) -> Iterator[str]:
    """Yield a table of a step at so many pixels, by line; tiles as ``--model.tile auto`` has them."""
    fastest = []
    lines = []
    for size in megapixels:
        height = round(sqrt(size * 1e6 / RATIO))
        width = round(height * RATIO)
        with Program(partial(bare, model=as_paper, precision=precision), height, width) as program:
            in_turns([program], steps)
        fastest.append(min(program.seconds))
        each = f"{fastest[-1] / (height * width / 1e6):.2f}"
        lines.append([f"{height}×{width}", f"{size:g}", spread(program.seconds), each, f"{program.gigabytes:.1f}"])
    yield from table(["pixels", "megapixels", "s/step", "s a megapixel", "GB"], lines)
    slope, _ = linear_regression([log(size) for size in megapixels], [log(seconds) for seconds in fastest])
    yield f"\nA line through the logarithms: seconds grow as the number of pixels to the power of {slope:.2f}."
