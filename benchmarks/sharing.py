"""How much faster two processes that share an image are than one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from ours import AS_PAPER, fit
from programs import Program, in_turns, ratios, spread
from steps import frame
from tables import table

TOGETHER = ("--trainer.strategy", "ddp", "--trainer.devices", "2")


def of_two(sizes: Sequence[int], steps: int) -> Iterator[str]:
    """Yield a table of a step of one process against two, of one thread each, by line."""
    yield from table(
        ["pixels", "precision", "one process, s/step", "two, s/step", "two to one"],
        (_at(size, precision, steps) for size in sizes for precision in ("bf16-mixed", "32-true")),
    )


def _at(size: int, precision: str, steps: int) -> list[str]:
    height, width = frame(size)
    options = [*AS_PAPER, "--data.size", str(size), "--trainer.precision", precision, "--trainer.accelerator", "cpu"]
    with (
        Program(partial(fit, options=options), height, width, threads=1) as one,
        Program(partial(fit, options=[*options, *TOGETHER]), height, width, ranks=2, threads=1) as two,
    ):
        in_turns([one, two], steps)
        share = spread(ratios(two, one))
        return [f"{height}×{width}", precision, spread(one.seconds), spread(two.seconds), share]
