"""How fast verism is, and in how much memory: ``python benchmarks/performance.py``.

Programs that are compared take turns, a step each, in processes of their own; a ratio is that of neighbouring steps,
and stands with the smallest and the largest. All sections take about an hour on two cores.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, get_args

import torch
from arithmetic import DTYPES, peak
from growth import with_pixels
from jsonargparse import auto_cli
from ours import Precision
from photos import of_a_folder
from reach import beside_the_loop, to_a_loss
from sharing import of_two
from steps import beside_others, of_the_trainer
from sweeping import of_tiny_runs

from verism.commands.doctor import processor

Section = Literal["machine", "steps", "trainer", "sharing", "sweep", "reach", "loop", "growth", "photos"]

PAPER = 600
"""Short side of the paper's images in pixels; in a smaller one, two processes have mostly margins to look at."""


def main(
    sections: Sequence[Section] = get_args(Section),
    sizes: Sequence[int] = (256, 600, 1200),
    steps: int = 5,
    trainer_steps: int = 100,
    reach_size: int = PAPER,
    reach_steps: int = 100,
    reach_shares: Sequence[float] = (3, 4, 3),
    reach_config: str = "leaky.yaml",
    megapixels: Sequence[float] = (0.1, 0.4, 1.6, 6.3, 14.1),
    sweep_runs: int = 200,
    photos: int = 24,
    precision: Precision = "bf16",
) -> None:
    """Print Markdown tables.

    Args:
        sections: what to measure.
        sizes: short sides in pixels of the photos on which a step is measured; the longer is 16 / 9 of it.
        steps: timed steps of each program, after one that is not timed.
        trainer_steps: the same, of those that show what Lightning's loop and the callbacks add.
        reach_size: short side in pixels at which a loss is to be reached.
        reach_steps: steps of each way to it.
        reach_shares: of them, at a quarter of that size, at half of it, and at all of it.
        reach_config: of verism's configs, whose loss is to be reached.
        megapixels: sizes of the photos by which the growth of a step is measured.
        sweep_runs: runs of two steps at 48 pixels in a sweep.
        photos: that ``predict`` gives a look.
        precision: in which a step's growth is measured, and what Lightning's loop and the callbacks add.
    """
    tables: Mapping[Section, Callable[[], Iterator[str]]] = {
        "machine": machine,
        "steps": lambda: beside_others(sizes, steps),
        "trainer": lambda: of_the_trainer(PAPER, trainer_steps, precision),
        "sharing": lambda: of_two([size for size in sizes if size >= PAPER], steps),
        "sweep": lambda: of_tiny_runs(sweep_runs),
        "reach": lambda: to_a_loss(reach_size, reach_steps, reach_shares, reach_config),
        "loop": lambda: beside_the_loop(reach_size, reach_steps),
        "growth": lambda: with_pixels(megapixels, max(1, steps // 2), precision),
        "photos": lambda: of_a_folder(photos, "cpu"),
    }
    for section in sections:
        for line in tables[section]():
            print(line, flush=True)
        print(flush=True)


def machine() -> Iterator[str]:
    """Yield what machine this is, and the most arithmetic that it does."""
    features = torch.backends.cpu.get_cpu_capability()
    peaks = ", ".join(f"{precision} {peak(precision) / 1e12:.2f}" for precision in DTYPES)
    yield f"{processor()}, {os.cpu_count()} cores, {features}; torch {torch.__version__}."
    yield f"Product of two square matrices, TFLOP/s: {peaks}."


if __name__ == "__main__":
    auto_cli(main)
