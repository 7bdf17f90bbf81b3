"""Sweeps that are small enough to take seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from conftest import shoot, synthetic_photo, tiny_vgg19

from verism.backbone.weights import Source, Weights
from verism.batch.executors import Task, local

BASE = """
data: {content: content.png, style: style.png, size: 32}
model: {canvas: {init: noise}, backbone: {weights: compact}}
trainer: {max_steps: 3, accelerator: cpu, precision: 32-true}
"""


@pytest.fixture(scope="module")
def make_base() -> Callable[[Path], Path]:
    """Write two photos and a config of fit into a folder, and return the config; it starts with noise: seeds matter."""

    def make(folder: Path) -> Path:
        for seed, name in enumerate(("content", "style")):
            shoot(folder / f"{name}.png", synthetic_photo(32, 40, seed))
        path = folder / "base.yaml"
        path.write_text(BASE)
        return path

    return make


@pytest.fixture
def base(tmp_path: Path, make_base: Callable[[Path], Path]) -> Path:
    """A config of fit, in an empty folder with its photos."""
    return make_base(tmp_path)


@pytest.fixture(scope="module")
def in_process() -> Iterator[None]:
    """The executor ``local`` runs everything in this process, one after the other, with the tiny backbone."""
    tiny = tiny_vgg19()

    def load(source: Source, network: object) -> Weights:
        del source, network
        return tiny

    def run(self: local, tasks: Sequence[Task]) -> None:
        for task in tasks:
            task()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("verism.backbone.weights.load", load)
        patch.setattr(local, "run", run)
        yield
