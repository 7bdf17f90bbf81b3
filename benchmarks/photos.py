"""How many photos a second ``predict`` gives a look, and how long a photo is read, rendered and written."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import median

from arithmetic import wait_for
from ours import CONFIGS
from programs import spread
from tables import table
from torch import Tensor

from verism import images
from verism.batch.from_run import Grading, Recipe
from verism.batch.overlapped import Phases, overlapped
from verism.cli import main
from verism.errors import VerismError

MEGAPIXELS = (2, 6, 12)
"""Sizes of the photos, which take turns."""

ROUNDS = 3

FIT = (
    *("--config", str(CONFIGS / "lut.yaml"), "--trainer.max_steps", "1", "--data.size", "128"),
    *("--data.content", str(CONFIGS / "photos" / "lake.jpg"), "--data.style", str(CONFIGS / "photos" / "beacon.jpg")),
    *("--model.backbone.weights", "compact", "--trainer.accelerator", "cpu", "--trainer.enable_progress_bar", "false"),
)
"""A look, whose quality does not matter here."""


def of_a_folder(
    count: int, device: str, rounds: int = ROUNDS, megapixels: tuple[float, ...] = MEGAPIXELS
) -> Iterator[str]:
    """Yield a table of photos a second, one after the other and overlapped, in turns, and one of a photo's phases.

    Args:
        count: number of photos, JPEG files that are enlarged from verism's own.
        device: that they are rendered on, as ``--device`` names it.
        rounds: how often each way does all of them.
        megapixels: their sizes.
    """
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        main(["fit", *FIT, "--trainer.default_root_dir", root])
        (checkpoint,) = folder.glob("lightning_logs/*/checkpoints/last.ckpt")
        grading = Grading(Recipe(checkpoint, "", "benchmark", device=device))
        jobs = {photo: folder / "out" / photo.name for photo in _photos(folder / "in", count, megapixels)}
        ways: Mapping[str, Callable[[], None]] = {
            "one after the other": partial(_one_by_one, grading, jobs),
            "overlapped, as `predict` does it": partial(_overlapped, grading, jobs),
        }
        grading(*next(iter(jobs.items())))
        taken: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
        for _ in range(rounds):
            for way, run in ways.items():
                wall, cpu = time.perf_counter(), time.process_time()
                run()
                taken[way].append((time.perf_counter() - wall, time.process_time() - cpu))
        header = ["device", f"{count} photos of {', '.join(f'{size:g}' for size in megapixels)} megapixels"]
        (_, plain), *_ = taken.items()
        yield from table(
            [*header, "photos/s", "times as fast", "CPU s/photo"],
            (
                [
                    device,
                    way,
                    spread([count / wall for wall, _ in runs]),
                    spread([before / wall for (before, _), (wall, _) in zip(plain, runs, strict=True)]),
                    spread([cpu / count for _, cpu in runs]),
                ]
                for way, runs in taken.items()
            ),
        )
        yield ""
        yield from table(["ms of a photo, median", "read", "rendered", "written"], [["", *_phases(grading, jobs)]])


def _photos(folder: Path, count: int, megapixels: tuple[float, ...]) -> Iterator[Path]:
    sources = sorted((CONFIGS / "photos").glob("*.jpg"))
    for number in range(count):
        photo: Tensor = images.read(sources[number % len(sources)])
        height, width = photo.shape[-2:]
        scale = (megapixels[number % len(megapixels)] * 1e6 / (height * width)) ** 0.5
        path = folder / f"{number}.jpg"
        images.write(path, images.resize(photo, (round(scale * height), round(scale * width))), {})
        yield path


def _one_by_one(grading: Grading, jobs: Mapping[Path, Path]) -> None:
    for photo, result in jobs.items():
        grading(photo, result)


def _overlapped(grading: Grading, jobs: Mapping[Path, Path]) -> None:
    def done(_: Path, outcome: float | VerismError) -> None:
        if isinstance(outcome, VerismError):
            raise outcome

    phases = Phases(grading.read, grading.render, lambda photo, rendered: grading.write(jobs[photo], rendered))
    overlapped(jobs, phases, done)


def _phases(grading: Grading, jobs: Mapping[Path, Path]) -> list[str]:
    times: list[tuple[float, float, float]] = []
    for photo, result in jobs.items():
        moments = [time.perf_counter()]
        source = grading.read(photo)
        wait_for(str(grading.device))
        moments.append(time.perf_counter())
        rendered = grading.render(source)
        moments.append(time.perf_counter())
        grading.write(result, rendered)
        moments.append(time.perf_counter())
        read, render, write = (1000 * (end - start) for start, end in pairwise(moments))
        times.append((read, render, write))
    return [f"{median(phase):.0f}" for phase in zip(*times, strict=True)]
