"""What a run of a sweep costs besides its steps."""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import torch
from ours import CONFIGS
from programs import spread
from tables import table

from verism import trust
from verism.commands.options import resolve_paths
from verism.sweep.plan import plan
from verism.sweep.work import work

OPTIONS = ("--trainer.accelerator=cpu", "--model.backbone.weights=compact", "--trainer.precision=32-true")

ALONE = 10
"""Runs whose CPU time is measured, in a process of one thread that has made one before."""


def of_tiny_runs(runs: int, steps: int = 2, size: int = 48) -> Iterator[str]:
    """Yield tables of a sweep of ``runs`` seeds of the paper's config, by line: of the whole command, and of a run.

    Args:
        runs: number of runs.
        steps: of each.
        size: short side of the photos in pixels.
    """
    given = [f"--data.size={size}", f"--trainer.max_steps={steps}", *OPTIONS]
    with tempfile.TemporaryDirectory() as folder:
        yield from table(["runs", "s in all", "s/run in its worker", "of which steps"], [_whole(runs, given, folder)])
    yield ""
    with tempfile.TemporaryDirectory() as folder:
        yield from table(
            ["CPU s to plan a run", "CPU s/run in a warm worker"], [_alone(min(runs, ALONE), given, folder)]
        )


def _whole(runs: int, given: list[str], folder: str) -> list[str]:
    seeds = ",".join(map(str, range(runs)))
    command = [sys.executable, "-m", "verism", "sweep", f"--base={CONFIGS / 'paper' / 'leaky.yaml'}", "--grid={}"]
    start = time.perf_counter()
    subprocess.run([*command, f"--seeds=[{seeds}]", f"--output={folder}", *given], check=True, capture_output=True)  # noqa: S603
    seconds = time.perf_counter() - start
    with (Path(folder) / "results.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    steps = int(next(option for option in given if "max_steps" in option).partition("=")[2])
    of_steps = median(steps / float(row["speed/steps_per_second"]) for row in rows)
    return [str(len(rows)), f"{seconds:.0f}", spread([float(row["seconds"]) for row in rows]), f"{of_steps:.2f}"]


def _alone(runs: int, given: list[str], folder: str) -> list[str]:
    torch.set_num_threads(1)
    resolve_paths()
    start = time.process_time()
    with trust.limited():
        chains = plan(CONFIGS / "paper" / "leaky.yaml", {}, None, range(runs + 1), Path(folder), options=given)
    planned = (time.process_time() - start) / len(chains)
    seconds = []
    for chain in chains:
        for run in chain:
            run.prepare()
        start = time.process_time()
        work(chain)
        seconds.append(time.process_time() - start)
        if not chain[0].finished:
            raise RuntimeError(f"{chain[0].folder.name}: {chain[0].outcome}")
    return [f"{planned:.2f}", spread(seconds[1:])]
