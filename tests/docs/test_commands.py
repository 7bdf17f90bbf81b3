"""Every command of README.md and docs/: it runs, in the order of its page, from a folder with the photos it names."""

from __future__ import annotations

import argparse
import re
import runpy
import shlex
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import clips
import jsonargparse
import pytest
import torch
from conftest import shoot, synthetic_photo
from documents import PAGES, README, ROOT, commands, name

from verism import photo_file
from verism.backbone.weights import Weights
from verism.batch.executors import Task, local
from verism.cli import main
from verism.photo_file import Encoding, Photo
from verism.regions.colors import COLORS
from verism.regions.masks import label_colors
from verism.sweep.plan import Grid, plan
from verism.sweep.run import Chain

pytestmark = pytest.mark.slow

# test_clusters.py runs those of clusters.md, on several processes.
DOCUMENTS = [page for page in (README, *PAGES) if name(page) != "docs/clusters.md" and commands(page)]

SMALL = shlex.split(
    "--data.size 48 --trainer.max_steps 2 --trainer.accelerator cpu --trainer.precision 32-true "
    "--trainer.enable_progress_bar false"
)


def fit(options: Sequence[str]) -> None:
    if "--ckpt_path" in options:
        # What it goes on from: the run of the same command.
        place = options.index("--ckpt_path")
        fit([*options[:place], *options[place + 2 :]])
    photos = [] if "--data.content" in options else ["--data.content", "mine.jpg", "--data.style", "theirs.jpg"]
    scales = ["--model.scales", "[32, 48]"] if "--model.scales" in options else []
    main(["fit", *options, *photos, *SMALL, *scales, *_one_step_more(options)])


def _one_step_more(options: Sequence[str]) -> Sequence[str]:
    """Return what lets a run that is finished, as all are here, go on."""
    return ["--trainer.max_steps", "3"] if "--ckpt_path" in options else []


def sweep(options: Sequence[str]) -> None:
    """One corner of its grid is run, on small photos."""
    # Of two runs there is something to draw, a second for each scalar.
    compare = ["--compare", "[loss/total]"] if "--carry_over" in options else []
    main(["sweep", *options, *compare, *SMALL])


def series(options: Sequence[str]) -> None:
    main(["series", *options, *SMALL])


def _first(values: Any, count: int) -> Any:
    """Return so many of the values on an axis."""
    return dict(list(values.items())[:count]) if isinstance(values, Mapping) else values[:count]


def plainly(command: str, options: Sequence[str]) -> None:
    main([command, *options])


def show_help(options: Sequence[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help", *options])


def app(options: Sequence[str]) -> None:
    """It runs until somebody ends it; tests/app/test_in_browser.py has it run."""
    with pytest.raises(SystemExit, match="0"):
        main(["app", *options, "--help"])


VERISM: Mapping[str, Callable[[Sequence[str]], None]] = {
    "app": app,
    "fit": fit,
    "series": series,
    "sweep": sweep,
    **{command: partial(plainly, command) for command in ("predict", "render", "export", "test", "figures", "doctor")},
    "--help": show_help,
}


def run(words: Sequence[str]) -> None:
    if "--help" in words:
        with pytest.raises(SystemExit, match="0"):
            main(list(words))
        return
    main([*words, *SMALL])


def verism(words: Sequence[str]) -> None:
    command, *options = words
    if command == "run" or command.endswith((".jpg", ".mp4", ".tiff")):
        run(words)
    else:
        VERISM[command](options)


def install(words: Sequence[str]) -> None:
    """Installing is what .ci/run does; the extras that are named have to be there."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    named = re.findall(r"\[(.*?)\]", " ".join(words))
    assert set(named) <= set(extras)


def environment(words: Sequence[str]) -> None:
    assert words == [".venv"]


def activation(words: Sequence[str]) -> None:
    """A shell would only find the commands that are run here otherwise."""
    assert words == [".venv/bin/activate"]


def pytest_itself(words: Sequence[str]) -> None:
    assert words == []


def tensorboard(words: Sequence[str]) -> None:
    """That it shows runs is tested in test_tensorboard_in_browser.py; here, that there are some where it looks."""
    folder = Path(words[words.index("--logdir") + 1])
    assert list(folder.glob("*/events.out.tfevents.*"))


class Parsed(BaseException):
    """A script has understood its arguments."""


def script(words: Sequence[str]) -> None:
    """Benchmarks take minutes, and photos that may not be shipped: the script's own parser takes the arguments."""

    def parse(parse_args: Callable[..., Any]) -> Callable[..., Any]:
        def parse_and_stop(*args: Any, **options: Any) -> None:
            parse_args(*args, **options)
            raise Parsed

        return parse_and_stop

    file, *options = words
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", [file, *options])
        for parser in (argparse.ArgumentParser, jsonargparse.ArgumentParser):
            patch.setattr(parser, "parse_args", parse(parser.parse_args))
        with pytest.raises(Parsed):
            runpy.run_path(str(ROOT / file), run_name="__main__")


RULES: Mapping[str, Callable[[Sequence[str]], None]] = {
    r"verism ": verism,
    r"(\.venv/bin/)?python main\.py ": verism,
    r"(\.venv/bin/)?(uv )?pip install ": install,
    r"python3 -m venv ": environment,
    r"source ": activation,
    r"\.venv/bin/python -m pytest ?": pytest_itself,
    r"(\.venv/bin/)?tensorboard ": tensorboard,
    r"python (?=(benchmarks|tools)/)": script,
}
"""How a command begins, to what runs or checks the rest of it."""


def execute(command: str) -> None:
    found = [(rule, match.end()) for start, rule in RULES.items() if (match := re.match(start, command))]
    if len(found) != 1:
        pytest.fail(f"no rule of this test knows how to run: {command}")
    ((rule, end),) = found
    rule(shlex.split(command[end:]))


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The photos that the pages name, in the folder that commands run in."""
    monkeypatch.chdir(tmp_path)
    for seed, file in enumerate(("mine.jpg", "theirs.jpg", "holiday/beach.jpg", "holiday/hill.jpg")):
        shoot(Path(file), synthetic_photo(48, 64, seed))
    moving = [clips.yuv(synthetic_photo(48, 64, seed)[0].permute(1, 2, 0).numpy()) for seed in (0, 0, 1)]
    clips.write(Path("clip.mp4"), moving, "yuv420p", codec="libx264")
    deep = Photo(synthetic_photo(48, 64, seed=0), depth=16)
    photo_file.write(Path("mine.tiff"), deep, {}, Encoding("srgb", 16, dither=False))
    halves = torch.zeros(1, 3, 48, 64)
    halves[..., :24, :] = 1
    for file in ("mine_mask.png", "theirs_mask.png"):
        shoot(Path(file), halves)
    # In the colour of the first region that is found.
    red = label_colors(COLORS[:1]).view(1, 3, 1, 1) / 255
    for file in ("strokes.png", "strokes-style.png"):
        photo_file.write(Path(file), Photo(red.expand(1, 3, 48, 64), halves[:, :1]), {})


@pytest.mark.filterwarnings("ignore:Checkpoint directory .* exists and is not empty")
@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_the_commands_run(document: Path, photos: None, tiny_weights: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    def first(base: Path, grid: Grid, pairs: Any, seeds: Sequence[int], output: Path, **options: Any) -> list[Chain]:
        """The first of all chains: tests/sweep plans whole grids."""
        corner = {name: _first(values, 1) for name, values in grid.items()}
        if options["carry_over"]:
            name = next(iter(grid))
            corner[name] = _first(grid[name], 2)
        return plan(base, corner, pairs, seeds[:1], output, **options)[:1]

    def run(self: local, tasks: Sequence[Task]) -> None:
        for task in tasks:
            task()

    monkeypatch.setattr("verism.sweep.command.plan", first)
    monkeypatch.setattr(local, "run", run)
    for command in commands(document):
        execute(command)


@pytest.mark.parametrize(
    "options", ["--method content", "--size wide FOLDER", "FOLDER --methods magic", "--photos a.jpg FOLDER"]
)
def test_a_script_that_does_not_understand_its_options(options: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        execute(f"python benchmarks/scoreboard.py {options}")


def test_a_command_that_no_rule_knows() -> None:
    with pytest.raises(pytest.fail.Exception, match="no rule"):
        execute("rm -rf lightning_logs")
