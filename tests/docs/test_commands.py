"""Every command of README.md and docs/: it runs, in the order of its page, from a folder with the photos it names."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import pytest
import torch
from conftest import synthetic_photo
from documents import PAGES, README, ROOT, commands, name

from verism import images, photo_file
from verism.backbone.weights import Weights
from verism.cli import main
from verism.photo_file import Encoding, Photo

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
    """Read the options, without the grid: tests/sweep plans every config's, and runs some."""
    main(["sweep", *options, *([] if "--dry_run" in options else ["--dry_run"])])


def plainly(command: str, options: Sequence[str]) -> None:
    main([command, *options])


def show_help(options: Sequence[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help", *options])


VERISM: Mapping[str, Callable[[Sequence[str]], None]] = {
    "fit": fit,
    "sweep": sweep,
    **{command: partial(plainly, command) for command in ("predict", "render", "export", "test", "figures", "doctor")},
    "--help": show_help,
}


def verism(words: Sequence[str]) -> None:
    command, *options = words
    VERISM[command](options)


def install(words: Sequence[str]) -> None:
    """Installing is what .ci/run does; the extras that are named have to be there."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    named = re.findall(r"\[(.*?)\]", " ".join(words))
    assert set(named) <= set(extras)


def environment(words: Sequence[str]) -> None:
    assert words == [".venv"]


def pytest_itself(words: Sequence[str]) -> None:
    assert words == []


def tensorboard(words: Sequence[str]) -> None:
    """That it shows runs is tested in test_tensorboard_in_browser.py; here, that there are some where it looks."""
    folder = Path(words[words.index("--logdir") + 1])
    assert list(folder.glob("*/events.out.tfevents.*"))


def script(words: Sequence[str]) -> None:
    """Benchmarks take minutes, and photos that may not be shipped: there has to be one with such options."""
    file, *options = words
    sources = "".join(path.read_text() for path in (ROOT / file).parent.glob("*.py"))
    assert (ROOT / file).is_file()
    for option in (word.removeprefix("--").partition("=")[0] for word in options if word.startswith("--")):
        assert re.search(rf"\b{option}\b", sources)


RULES: Mapping[str, Callable[[Sequence[str]], None]] = {
    r"verism ": verism,
    r"(\.venv/bin/)?python main\.py ": verism,
    r"(\.venv/bin/)?pip install ": install,
    r"python3 -m venv ": environment,
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
        images.write(Path(file), synthetic_photo(48, 64, seed), {})
    deep = Photo(synthetic_photo(48, 64, seed=0), depth=16)
    photo_file.write(Path("mine.tiff"), deep, {}, Encoding("srgb", 16, dither=False))
    halves = torch.zeros(1, 3, 48, 64)
    halves[..., :24, :] = 1
    for file in ("mine_mask.png", "theirs_mask.png"):
        images.write(Path(file), halves, {})


@pytest.mark.filterwarnings("ignore:Checkpoint directory .* exists and is not empty")
@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_the_commands_run(document: Path, photos: None, tiny_weights: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verism.sweep.command.plan", lambda *args, **options: [])
    monkeypatch.setattr("verism.sweep.command.estimate", lambda *args: "")
    for command in commands(document):
        execute(command)


def test_a_command_that_no_rule_knows() -> None:
    with pytest.raises(pytest.fail.Exception, match="no rule"):
        execute("rm -rf lightning_logs")
