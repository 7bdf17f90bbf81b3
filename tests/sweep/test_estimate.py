"""What a sweep will take, before it is run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from verism.sweep.estimate import estimate
from verism.sweep.plan import Pair, plan
from verism.sweep.run import Outcome, Run


@pytest.fixture
def runs(base: Path) -> list[Run]:
    """A run, a longer one, a larger one, and one that cannot be."""
    both = [Pair(base.parent / f"{name}.png", base.parent / "style.png") for name in ("content", "missing")]
    output = base.parent / "sweep"
    short, broken = (chain[0] for chain in plan(base, {}, both, [0], output))
    (long,), (large,) = (
        plan(base, {}, None, [0], output, options=options)[0]
        for options in (["--trainer.max_steps=1000000000"], ["--data.size=320", "--data.upscale=true"])
    )
    return [short, long, large, broken]


@pytest.mark.usefixtures("in_process")
def test_each_run_has_its_line_and_all_have_a_sum(runs: list[Run], base: Path) -> None:
    def entry(run: Run) -> str:
        return next(line for line in lines if line.startswith(run.folder.name)).removeprefix(f"{run.folder.name}: ")

    short, long, large, broken = runs
    *lines, total = estimate(runs, workers=2, threads=1).splitlines()
    assert len(lines) == 4
    assert entry(broken) == f"will fail: {base.parent}/missing.png: no such photo."
    assert entry(short).startswith("0.00 megapixels, 3 steps, 0 min ")
    # The photos are 32×40.
    assert entry(large).startswith("0.13 megapixels, 3 steps, 0 min ")
    hours = re.fullmatch(r"0\.00 megapixels, 1000000000 steps, (?:(\d+) h )?(\d+) min.*, (\d+\.\d) GB", entry(long))
    assert hours
    assert 60 * int(hours[1] or 0) + int(hours[2]) > 0
    assert float(hours[3]) > 0
    assert re.fullmatch(r"4 runs, 2 at a time: about .*, and \d+\.\d GB of memory at most\.", total)


@pytest.mark.slow
@pytest.mark.usefixtures("in_process")
def test_a_finished_run_takes_nothing_more(runs: list[Run]) -> None:
    short = runs[0]
    short.prepare()
    short.end(Outcome(short.digest))
    line, total = estimate([short], workers=1, threads=1).splitlines()
    assert line == f"{short.folder.name}: 0.00 megapixels, 3 steps, finished"
    assert total.startswith("1 runs, 1 at a time: about 0 min 0 s, ")
