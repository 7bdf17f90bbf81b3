"""How long a step takes, and how much memory, beside other programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import psutil
from arithmetic import of_step, peak
from crowsonkb import crowsonkb, installed
from ours import AS_PAPER, Precision, as_crowsonkb, as_paper, bare, fit
from paper_loop import paper
from programs import Loop, Program, in_turns, ratios, spread
from tables import table

from verism import StyleTransfer

RATIO = 16 / 9
"""Width to height of the paper's photos."""


def frame(size: int) -> tuple[int, int]:
    """Return height and width of a photo of the paper's shape, of ``size`` pixels on its short side."""
    return size, int(size * RATIO)


class Rival(NamedTuple):
    """A program to compare with.

    Attributes:
        name: for the table.
        loop: its own.
        model: ours, that looks at the same layers.
        gigabytes: that it needs at 600×1066, measured, beyond those that it has before there is a photo.
    """

    name: str
    loop: Loop
    model: Callable[[], StyleTransfer]
    gigabytes: float


def rivals() -> list[Rival]:
    """Return the programs that can be run here."""
    theirs = [Rival("crowsonkb, fp32", crowsonkb, as_crowsonkb, 2.2)] if installed() else []
    return [Rival("the paper's loop, fp32", paper, as_paper, 4.6), *theirs]


def beside_others(sizes: Sequence[int], steps: int) -> Iterator[str]:
    """Yield a table of seconds a step and memory at ``sizes`` (short sides in pixels), by line."""
    yield from table(
        ["pixels", "program", "s/step", "verism", "s/step", "times as fast", "GB", "verism, GB", "of the peak"],
        (line for size in sizes for line in _at(size, steps)),
    )


def _at(size: int, steps: int) -> Iterator[list[str]]:
    height, width = frame(size)
    for rival in rivals():
        for precision in ("bf16", "fp32"):
            yield [f"{height}×{width}", *_pair(rival, precision, height, width, steps)]


def _pair(rival: Rival, precision: Precision, height: int, width: int, steps: int) -> list[str]:
    layers = {layer for loss in rival.model().losses.values() for layer in loss.layers}
    operations = of_step(layers, height, width)
    with Program(partial(bare, model=rival.model, precision=precision), height, width) as ours:
        if rival.gigabytes * height * width / (600 * 1066) > psutil.virtual_memory().available / 1e9:
            in_turns([ours], steps)
            theirs = ["does not fit into memory", "", ""]
        else:
            with Program(rival.loop, height, width) as other:
                in_turns([other, ours], steps)
                theirs = [spread(other.seconds), spread(ratios(other, ours), 1), f"{other.gigabytes:.1f}"]
        share = operations / min(ours.seconds) / peak(precision)
        seconds, ratio, memory = theirs
        return [
            rival.name,
            seconds,
            precision,
            spread(ours.seconds),
            ratio,
            memory,
            f"{ours.gigabytes:.1f}",
            f"{share:.0%}",
        ]


def of_the_trainer(size: int, steps: int, precision: Precision) -> Iterator[str]:
    """Yield a table of what Lightning's loop and all callbacks of ``fit`` add to a step, by line."""
    height, width = frame(size)
    lightnings = {"bf16": "bf16-mixed", "fp32": "32-true"}[precision]
    options = [*AS_PAPER, "--trainer.precision", lightnings, "--data.size", str(size)]
    with (
        Program(partial(bare, model=as_paper, precision=precision), height, width) as alone,
        Program(partial(fit, options=options), height, width) as whole,
    ):
        in_turns([alone, whole], steps)
        added = sum(whole.seconds) / sum(alone.seconds) - 1
        yield from table(
            ["pixels", "steps", "a step alone, s", "`fit`, s", "added in all"],
            [[f"{height}×{width}", str(steps), spread(alone.seconds), spread(whole.seconds), f"{added:.1%}"]],
        )
