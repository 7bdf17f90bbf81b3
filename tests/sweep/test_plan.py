"""From a sweep's file to its runs; none is run here."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from verism.errors import VerismError
from verism.sweep.plan import Grid, Pair, plan
from verism.sweep.run import Chain, Run

Values = Any
"""On one axis of a grid, as its file has them."""


def runs(base: Path, grid: Grid | None = None, pairs: list[Pair] | Path | None = None, **others: Any) -> list[Run]:
    """Plan a sweep of the base's photos, with seed 0, unless something else is asked for."""
    keywords: dict[str, Any] = {"seeds": [0], "output": base.parent / "sweep"} | others
    return [run for chain in plan(base, grid or {}, pairs, **keywords) for run in chain]


def option(run: Run, name: str) -> Any:
    """Look an option up by its dotted name, as on the command line, which leaves ``init_args`` out."""
    value: Any = run.options
    for key in name.split("."):
        value = value[key] if key in value else value["init_args"][key]
    return value


@pytest.mark.slow
def test_every_combination_once_and_the_first_axis_fastest(base: Path) -> None:
    grid: Grid = {"model.canvas.init": ["noise", "content"], "data.size": [32, 40, 48], "trainer.max_steps": [1, 2]}
    pairs = [Pair(base.parent / "content.png", base.parent / f"{name}.png") for name in ("style", "content")]
    found = [
        (*(option(run, name) for name in grid), run.seed, Path(option(run, "data.style")).stem)
        for run in runs(base, grid, pairs, seeds=[3, 1])
    ]
    slowest_first = product(["style", "content"], [3, 1], [1, 2], [32, 40, 48], ["noise", "content"])
    assert found == [tuple(reversed(combination)) for combination in slowest_first]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "values", "labels"),
    [
        ("model.style.weight", [1e6, 0.15, 3], ["1e+06", "0.15", "3"]),
        ("model.backbone.activation", ["torch.nn.Tanh", "torch.nn.ReLU"], ["Tanh", "ReLU"]),
        (
            "model.style.layers",
            [{"conv1_1": 1.5, "conv2_1": 1}, {"conv5_1": 2}],
            ["conv1_1 1.5, conv2_1 1", "conv5_1 2"],
        ),
        (
            "optimizer",
            [{"class_path": "torch.optim.SGD", "init_args": {"lr": 0.5}}, {"class_path": "torch.optim.LBFGS"}],
            ["SGD 0.5", "LBFGS"],
        ),
        ("weights", {"one": {"model.style.weight": 1.0}, 2: {"model.style.weight": 2.0}}, ["one", "2"]),
        ("trainer.precision", [None, "32-true"], ["None", "32-true"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_labels_are_what_a_person_would_write(base: Path, name: str, values: Values, labels: list[str]) -> None:
    found = runs(base, {"data.size": [32], name: values})
    # An option of one value, as data.size here, is no setting.
    assert [dict(run.settings) for run in found] == [{name: label} for label in labels]
    assert len({run.folder for run in found}) == len(labels)


@pytest.mark.slow
def test_options_that_change_together(base: Path) -> None:
    swap = {"model.content.weight": 7.0, "model.style": {"class_path": "StyleLoss", "init_args": {"weight": 2.0}}}
    plain, swapped = runs(base, {"weights": {"plain": {}, "swapped": swap}})
    (reference,) = runs(base)
    assert plain.options == reference.options
    assert option(swapped, "model.content.weight") == 7.0
    assert option(swapped, "model.style.init_args.weight") == 2.0


@pytest.mark.slow
def test_seeds_reach_everything_random(base: Path) -> None:
    for run in runs(base, seeds=[5, 6]):
        assert option(run, "seed_everything") == option(run, "model.canvas.seed") == run.seed
        assert f"seed={run.seed}" in run.folder.name


def photos(found: list[Run]) -> list[tuple[str, str]]:
    return [(Path(option(run, "data.content")).name, Path(option(run, "data.style")).name) for run in found]


@pytest.mark.slow
def test_pairs_by_name_and_by_pattern(base: Path) -> None:
    """A photo that does not exist is its own run's failure; brackets in a name that does exist are no pattern."""
    for name in ("b1.png", "b2.png", "[1].png"):
        (base.parent / name).write_bytes((base.parent / "style.png").read_bytes())
    pairs = [
        Pair(base.parent / "content.png", base.parent / "b*.png"),
        Pair(base.parent / "none.png", base.parent / "[1].png"),
    ]
    assert photos(runs(base, pairs=pairs)) == [
        ("content.png", "b1.png"),
        ("content.png", "b2.png"),
        ("none.png", "[1].png"),
    ]


@pytest.mark.slow
def test_what_is_there_twice_is_run_once(base: Path) -> None:
    """Two workers in one folder would spoil it."""
    pairs = [
        Pair(base.parent / "*.png", base.parent / "style.png"),
        Pair(base.parent / "content.png", base.parent / "s*"),
    ]
    assert photos(runs(base, {"data.size": [32, 32]}, pairs)) == [
        ("content.png", "style.png"),
        ("style.png", "style.png"),
    ]


@pytest.mark.slow
def test_pairs_from_a_table_are_relative_to_it(base: Path) -> None:
    table = base.parent / "tables" / "pairs.csv"
    table.parent.mkdir()
    # As a spreadsheet saves it: with a byte order mark, and a column more.
    table.write_text("\ufeffcontent,style,note\n../content.png,../style.png,x\n../style.png,../content.png,\n")
    found = runs(base, pairs=table)
    assert photos(found) == [("content.png", "style.png"), ("style.png", "content.png")]
    assert all(Path(option(run, "data.content")).is_file() for run in found)


@pytest.mark.slow
def test_the_command_lines_options_are_the_strongest(base: Path) -> None:
    found = runs(base, {"data.size": [32, 48], "trainer.max_steps": [1]}, options=["--data.size", "40"])
    assert [option(run, "data.size") for run in found] == [40, 40]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"grid": {"data.size": []}}, "The sweep has no runs"),
        ({"grid": {"data.size": []}, "carry_over": True}, "The sweep has no runs"),
        ({"seeds": []}, "The sweep has no runs"),
        ({"pairs": [Pair(Path("/nowhere/*.jpg"), Path("style.png"))]}, "/nowhere: no such folder"),
        ({"pairs": Path("/nowhere/pairs.csv")}, "/nowhere/pairs.csv: cannot be read as a table of photo pairs"),
    ],
)
def test_nothing_to_run_is_said(base: Path, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(VerismError, match=said):
        runs(base, **arguments)


@pytest.mark.parametrize("text", ["content,look\na.png,b.png\n", "content,style\na.png,\n", "content,style\na.png\n"])
def test_a_table_without_its_columns_is_refused(base: Path, text: str) -> None:
    table = base.parent / "pairs.csv"
    table.write_text(text)
    with pytest.raises(VerismError, match=r"pairs.csv: needs the columns content and style"):
        runs(base, pairs=table)


@pytest.mark.slow
def test_a_digest_stands_for_what_decides_the_result(base: Path) -> None:
    def digest(content: Path = base.parent / "content.png", **others: Any) -> str:
        (run,) = runs(base, pairs=[Pair(content, base.parent / "style.png")], **others)
        return run.digest

    moved = base.parent / "elsewhere" / "renamed.png"
    moved.parent.mkdir()
    moved.write_bytes((base.parent / "content.png").read_bytes())
    assert digest() == digest() == digest(moved) == digest(output=base.parent / "other")
    moved.write_bytes((base.parent / "style.png").read_bytes())
    others = [
        digest(moved),
        digest(base.parent / "missing.png"),
        digest(seeds=[1]),
        digest(grid={"data.size": [40]}),
        digest(options=["--trainer.max_steps=4"]),
    ]
    assert len({digest(), *others}) == 6


@pytest.mark.slow
def test_several_style_photos(base: Path) -> None:
    """All of their contents decide, and all of them are known of the run."""
    photos = [base.parent / f"{name}.png" for name in ("style", "content")]
    (run,) = runs(base, {"data.style": [[str(path) for path in photos]], "data.style_weights": [[2, 1]]})
    assert run.folder.name.startswith("content-style-content,")
    record = run.record()
    assert record.styles == tuple(photos)
    assert record.pair == "content → style + content"
    (alone,) = runs(base, {"data.style": [str(photos[0])]})
    assert runs(base, {"data.style": [[str(photos[0])]]})[0].digest == alone.digest != run.digest
    photos[1].write_bytes(photos[0].read_bytes())
    (changed,) = runs(base, {"data.style": [[str(path) for path in photos]], "data.style_weights": [[2, 1]]})
    assert changed.digest != run.digest


@pytest.mark.slow
def test_a_run_stays_in_its_folder_when_the_grid_grows_and_gives_it_more_words(base: Path) -> None:
    (alone,) = runs(base, {"data.size": [32]})
    alone.prepare()
    among_others, other = runs(base, {"data.size": [32, 40]})
    assert among_others.folder == alone.folder
    assert "size=40" in other.folder.name


@pytest.mark.slow
def test_a_version_has_its_own_digests(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (before,) = runs(base)
    monkeypatch.setattr("verism.version.__version__", "0.0.0")
    (after,) = runs(base)
    assert before.digest != after.digest


@pytest.mark.slow
def test_auto_is_pinned_to_the_weights_of_this_machine(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(base.parent))
    (auto,) = runs(base, options=["--model.backbone.weights=auto"])
    (compact,) = runs(base, options=["--model.backbone.weights=compact"])
    assert option(auto, "model.backbone.weights") == "compact"
    assert auto.digest == compact.digest


@pytest.mark.slow
def test_carried_over_runs_start_from_the_one_before(base: Path) -> None:
    def carried(*weights: float) -> list[Chain]:
        grid = {"model.content.weight": weights, "data.size": [32, 40]}
        return plan(base, grid, None, [0], base.parent / "sweep", carry_over=True)

    chains = carried(3.0, 2.0, 1.0)
    assert [[option(run, "model.content.weight") for run in chain] for chain in chains] == [[3.0, 2.0, 1.0]] * 2
    for first, *others in chains:
        assert option(first, "model.canvas.init") == "noise"
        for before, run in zip([first, *others], others, strict=False):
            assert option(run, "model.canvas.init") == str(before.folder / "checkpoints" / "last.ckpt")
    # What a run starts from decides its result.
    after_another = carried(4.0, 2.0)[0][1]
    assert after_another.settings == chains[0][1].settings
    assert after_another.digest != chains[0][1].digest
