"""The options that pages name: they are those of the code, with their defaults, and none is missing."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from documents import PAGES, README, ROOT, name
from lightning.pytorch import Trainer

import verism
from verism.callbacks import Checkpoints, Histograms, Metrics, Output, Page, RegionMap, Snapshots
from verism.canvas import Canvas
from verism.commands.options import FitOptions
from verism.losses import Loss

PAGES_OF_CLASSES = sorted((ROOT / "docs").glob("losses/*.md")) + sorted((ROOT / "docs").glob("canvases/*.md"))

PUBLIC = [getattr(verism, name) for name in verism.__all__]
"""Imported when they are asked for, so that the module itself does not list them before."""

REGIONS = ("regions", "content_mask", "style_mask", "mask_threshold", "merge", "leave_out", "keep")


def options(part: type) -> dict[str, inspect.Parameter]:
    return {option: it for option, it in inspect.signature(part).parameters.items() if option != "self"}


def documented(page: Path) -> dict[str, Any]:
    """Return the options of a page's table, with their defaults."""
    table = page.read_text().partition("\n## Options\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| .+ \|$", table, flags=re.MULTILINE)
    return {option: _plain(yaml.safe_load(default)) for option, default in rows}


def _plain(default: Any) -> Any:
    """Return a default as a page has it: a number in any notation, a class by its name."""
    if isinstance(default, Mapping):
        return {key: _plain(value) for key, value in default.items()}
    if default is None or isinstance(default, bool):
        return default
    if isinstance(default, list | tuple):
        return [_plain(value) for value in default]
    if isinstance(default, str | float):
        try:
            return float(default)  # YAML's 1e3 is a string.
        except ValueError:
            return default
    return float(default) if isinstance(default, int) else type(default).__name__.rpartition("_")[2]


def constructor(page: Path) -> dict[str, Any]:
    """Return the same of the class that the page's title names; of the regions, which are data, of the photos."""
    title = re.findall(r"^# (\w+)$", page.read_text(), flags=re.MULTILINE)[0]
    if title == "Regions":
        found = {option: options(verism.PhotoPair)[option] for option in REGIONS}
    else:
        found = options(getattr(verism, title))
    return {option: _plain(it.default) for option, it in found.items()}


@pytest.mark.parametrize("page", PAGES_OF_CLASSES, ids=name)
def test_a_page_has_the_options_of_its_class_and_their_defaults(page: Path) -> None:
    assert list(documented(page).items()) == list(constructor(page).items())


def test_every_loss_and_canvas_has_a_page() -> None:
    titles = {page.read_text().partition("\n")[0].removeprefix("# ") for page in PAGES_OF_CLASSES}
    parts = [it for it in PUBLIC if inspect.isclass(it) and issubclass(it, Loss | Canvas)]
    assert titles == {part.__name__ for part in parts if not inspect.isabstract(part)} | {"Regions"}


def _all(kind: type) -> set[str]:
    return {option for part in PUBLIC if inspect.isclass(part) and issubclass(part, kind) for option in options(part)}


KNOWN: Mapping[str, set[str]] = {
    "data": {*options(verism.PhotoPair), "photos"},  # The last is of predict.
    "output": {*options(Output), "codec", "dir", "local", "nodes", "sheet"},  # Those of predict and export.
    "model": set(options(verism.StyleTransfer)),
    "model.canvas": _all(Canvas),
    "model.backbone": set(options(verism.VGG19)),
    **{f"model.{slot}": _all(Loss) for slot in ("content", "style", "color", "photorealism", "consistency")},
    "trainer": set(options(Trainer)),
    "checkpoints": set(options(Checkpoints)),
    "snapshots": set(options(Snapshots)),
    "regions": set(options(RegionMap)),
    "metrics": set(options(Metrics)),
    "histograms": set(options(Histograms)),
    "page": set(options(Page)),
}
"""Section to the options in it."""

OTHERS = {
    "optimizer",
    "lr_scheduler",
    "model.backbone.activation",
    "model.losses",
    "model.losses.grain",
    "trainer.callbacks",
    "executor",
}
"""Sections whose options depend on what is chosen there."""


@pytest.mark.parametrize("document", [README, *PAGES], ids=name)
def test_an_option_that_is_named_exists(document: Path) -> None:
    """Also in a sentence; those of commands are parsed when they are run."""
    unknown = []
    for section, option in re.findall(r"--(\w+(?:\.\w+)*)\.(\w+)", document.read_text()):
        if section not in OTHERS and option not in KNOWN.get(section, ()):
            unknown.append(f"--{section}.{option}")
    assert unknown == []


def test_the_help_of_losses_says_how_to_add_one() -> None:
    """jsonargparse would show an attribute's description in place of that of an argument of the same name."""
    words = FitOptions().parser.format_help().split()
    assert "--model.losses.NAME takes a class" in " ".join(words)
