"""Creates the list of a sweep's runs from its options."""

from __future__ import annotations

import csv
import hashlib
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonargparse import Namespace
from jsonargparse.typing import register_type

from verism import permission, trust, version
from verism.backbone.weights import choose
from verism.batch.patterns import matching
from verism.commands import config_file
from verism.commands.options import FitOptions
from verism.data.options import style_paths
from verism.data.source import digest
from verism.errors import VerismError
from verism.run_files import checkpoint_of
from verism.sweep.run import Chain, Run

if TYPE_CHECKING:
    Value = Any
else:

    class Value:
        """A value of any option, kept as it is in the file, because ``fit``'s own parser reads it."""

    register_type(Value, type_check=lambda _value, _kind: True)

Grid = Mapping[str, Sequence[Value] | Mapping[str, Mapping[str, Value]]]
"""Dotted name of an option to the list of its values, or any name to labels, each with the options that it sets."""


@dataclass
class Pair:
    """Photos for a sweep: every content photo is combined with every style photo.

    Args:
        content: a photo, a folder of photos, or a pattern such as photos/*.jpg; these leave out what verism made.
        style: likewise.
    """

    content: Path
    style: Path


@dataclass(frozen=True)
class Setting:
    """One value on one axis of the grid: its label and the options that it sets."""

    label: str
    options: Mapping[str, Any]


def plan(
    base: Path,
    grid: Grid,
    pairs: Sequence[Pair] | Path | None,
    seeds: Sequence[int],
    output: Path,
    *,
    carry_over: bool = False,
    options: Sequence[str] = (),
) -> list[Chain]:
    """Return the runs of a sweep, checked by ``fit``'s own parser, in file order.

    Args:
        base: the config that all runs share.
        grid: the options that vary; the first varies fastest.
        pairs: the photos; a path: a CSV file with columns content and style; None: those of ``base``.
        seeds: random seeds; every combination is run once with each of them.
        output: the sweep's folder; the folders of the runs are in its subfolder ``runs``.
        carry_over: chain the runs along the first axis, each starting from the image of the previous one.
        options: options of ``fit``, as command-line arguments; they are the same in all runs, and replace those of
            ``base`` and ``grid``.

    Raises:
        VerismError: there is nothing to run, or a pattern, a CSV file or an option cannot be used.
    """
    config_file.check(base)
    axes = [_axis(name, values) for name, values in grid.items()]
    varying = [name for name, axis in zip(grid, axes, strict=True) if len(axis) > 1]
    reader = FitOptions()
    chains: list[Chain] = []
    for photos, seed, rest in itertools.product(_photos(pairs), seeds, itertools.product(*reversed(axes[1:]))):
        chain: list[Run] = []
        for first in itertools.product(*axes[:1]):
            settings = dict(zip(grid, (*first, *reversed(rest)), strict=True))
            args = [f"--config={base}", *_arguments(photos, seed, settings.values()), *options]
            labels = {name: settings[name].label for name in varying}
            before = chain[-1] if carry_over and chain else None
            chain.append(_run(reader, reader.parse(args), labels, seed, output, before))
        chains += [chain] if carry_over else [[run] for run in chain]
    # Identical runs, for instance from overlapping patterns, share one folder and are run once.
    distinct = {chain[0].folder: chain for chain in chains if chain}
    if not distinct:
        raise VerismError("The sweep has no runs: its grid, its pairs or its seeds are empty.")
    return list(distinct.values())


def _axis(name: str, values: Sequence[Any] | Mapping[str, Mapping[str, Any]]) -> list[Setting]:
    if isinstance(values, Mapping):
        return [Setting(str(label), options) for label, options in values.items()]
    return [Setting(_label(value), {name: value}) for value in values]


def _label(value: Any) -> str:
    if isinstance(value, Mapping) and "class_path" in value:
        return " ".join(map(_label, [value["class_path"], *value.get("init_args", {}).values()]))
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {item}" for key, item in value.items())
    if isinstance(value, float):
        return f"{value:g}"
    # Of a class, only its name without the module.
    return re.sub(r"^([a-z]\w*\.)+(?=[A-Z])", "", str(value))


def _photos(pairs: Sequence[Pair] | Path | None) -> list[dict[str, str]]:
    """Return the ``fit`` options that name each pair; without ``pairs``, one empty set, for the config's photos."""
    if pairs is None:
        return [{}]
    if isinstance(pairs, Path):
        files = list(_table(pairs))
    else:
        # A run whose photo is missing fails, and the others are made.
        taken = partial(matching, there=False)
        files = [both for pair in pairs for both in itertools.product(taken([pair.content]), taken([pair.style]))]
    return [{"data.content": str(content), "data.style": str(style)} for content, style in files]


def _table(path: Path) -> Iterator[tuple[Path, Path]]:
    permission.check(path)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise VerismError(f"{path}: cannot be read as a table of photo pairs ({error}).") from error
    for row in rows:
        if not row.get("content") or not row.get("style"):
            raise VerismError(f"{path}: needs the columns content and style, with a photo in every row.")
        yield path.parent / row["content"], path.parent / row["style"]


def _arguments(photos: Mapping[str, str], seed: int, settings: Iterable[Setting]) -> Iterator[str]:
    options: dict[str, Any] = {"seed_everything": seed, **photos}
    for setting in settings:
        options |= setting.options
    for name, value in options.items():
        yield f"--{name}={value if isinstance(value, str) else json.dumps(value)}"


def _run(
    reader: FitOptions, parsed: Namespace, labels: Mapping[str, str], seed: int, output: Path, before: Run | None
) -> Run:
    _reseed(parsed.model, seed)
    backbone = parsed.model.backbone.get("init_args")
    if backbone and "weights" in backbone:
        backbone.weights = _chosen(backbone.weights)
    if before:
        if not parsed.model.canvas.class_path.endswith("Pixels"):
            raise VerismError("carry_over: only a canvas of pixels can start from the run before; leave it out.")
        parsed.model.canvas.init_args.init = checkpoint_of(before.folder)
    options = reader.plain(parsed)
    data = options["data"]
    decisive = json.loads(json.dumps(options))
    files = ("content", "content_mask", "style_mask")
    decisive["data"] |= {name: _contents(Path(data[name])) for name in files if data.get(name)}
    contents = [_contents(path) for path in style_paths(data)]
    # A single photo gives the same digest whether it is given alone or in a list.
    decisive["data"]["style"] = contents if len(contents) > 1 else contents[0]
    if before:
        decisive["model"]["canvas"]["init_args"]["init"] = before.digest
    decisive["version"] = version.__version__
    identity = hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()
    pair = "-".join(path.stem for path in (Path(data["content"]), *style_paths(data)))
    words = [*(f"{name.rpartition('.')[2]}={label}" for name, label in labels.items()), pair, f"seed={seed}"]
    name = re.sub(r"[^\w.=,+-]+", "_", ",".join(words))[:100]
    # A run whose folder has another name but the same digest, for instance because the grid has grown, keeps its
    # folder.
    ending = f",{identity[:8]}"
    folder = next((output / "runs").glob(f"*{ending}"), output / "runs" / f"{name}{ending}")
    return Run(folder, options, identity, labels, seed, parsed, trust.packages())


def _reseed(options: Namespace | dict[str, Any], seed: int) -> None:
    """Set the seed of every part that has one."""
    own = vars(options) if isinstance(options, Namespace) else options
    for name, value in own.items():
        if name == "seed":
            own[name] = seed
        elif isinstance(value, Namespace | dict):
            _reseed(value, seed)


@cache
def _chosen(weights: str) -> str:
    """Resolve auto once, so that all runs use the same weights, even those of a sweep that is continued later."""
    return str(choose("auto")) if weights == "auto" else weights


def _contents(photo: Path) -> str:
    """Return the SHA-256 of a photo's file, whatever its name; "unreadable" if it cannot be read."""
    try:
        return digest(photo)
    except VerismError:
        return "unreadable"
