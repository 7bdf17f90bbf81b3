"""Plots: the right numbers, at the right places."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from verism import images
from verism.errors import VerismError
from verism.sweep.labels import metrics
from verism.sweep.plots import plot, plots, save, svg
from verism.sweep.record import Record

SLOPE, WEIGHT, LAYERS = "model.activation.init_args.negative_slope", "model.style.weight", "model.style.layers"


def record(settings: dict[str, str], seed: int = 0, **scalars: float) -> Record:
    tags = {name.replace("__", "/"): value for name, value in scalars.items()}
    return Record("run", Path("run"), Path("a.png"), Path("b.png"), seed, settings, scalars=tags)


def draw(records: Sequence[Record], option: str) -> Figure:
    return plot(records, option, metrics(records))


def lines(panel: Axes, *, thick: bool) -> list[tuple[list[float], list[float]]]:
    """x and y of the lines of the mean, or of all others."""
    return [
        (list(line.get_xdata()), list(line.get_ydata()))  # type: ignore[arg-type]
        for line in panel.lines
        if (line.get_linewidth() > 1) == thick
    ]


def titles(figure: Figure) -> list[str]:
    return [panel.get_title() for panel in figure.axes]


def test_mean_and_lines_over_sorted_numbers() -> None:
    values = {("0.3", 0): 4.0, ("0.3", 1): 8.0, ("0", 0): 1.0, ("0", 1): 3.0}
    figure = draw([record({SLOPE: slope}, seed, metrics__psnr=y) for (slope, seed), y in values.items()], SLOPE)
    (panel,) = figure.axes
    assert lines(panel, thick=False) == [([0.0, 0.3], [1.0, 4.0]), ([0.0, 0.3], [3.0, 8.0])]
    assert lines(panel, thick=True) == [([0.0, 0.3], [2.0, 6.0])]
    assert panel.get_xscale() == "linear"
    assert not figure.legends


def test_a_panel_for_each_metric_and_the_total_loss() -> None:
    tags = ("loss/total", "loss/style", "metrics/style_distance", "metrics/psnr", "metrics/ciede2000")
    figure = draw([replace(record({SLOPE: "0"}), scalars=dict.fromkeys(tags, 1.0))], SLOPE)
    assert titles(figure) == ["PSNR, dB", "CIEDE2000, ΔE", "style distance", "total loss"]
    assert figure.get_supxlabel() == "activation.negative_slope"


def test_numbers_of_many_magnitudes_are_on_a_logarithmic_axis() -> None:
    for weights, scale in ((["0.01", "1"], "log"), (["0.1", "1"], "linear"), (["0", "0.01", "1"], "linear")):
        (panel,) = draw([record({WEIGHT: weight}, loss__total=1.0) for weight in weights], WEIGHT).axes
        assert panel.get_xscale() == scale


@pytest.mark.parametrize("labels", [["max", "avg"], ["1", "nan"], ["10", "true", "2"]])
def test_anything_else_is_in_the_order_of_the_grid(labels: Sequence[str]) -> None:
    runs = [record({LAYERS: label}, loss__total=float(index)) for index, label in enumerate(labels)]
    (panel,) = draw(runs, LAYERS).axes
    places = list(map(float, range(len(labels))))
    assert lines(panel, thick=True) == [(places, places)]
    assert [text.get_text() for text in panel.get_xticklabels()] == list(labels)


def test_one_other_option_has_colors_and_a_legend() -> None:
    runs = [
        record({SLOPE: slope, WEIGHT: weight}, seed, loss__total=float(slope) * float(weight) + seed)
        for slope, weight, seed in product(["0", "1"], ["2", "4"], [0, 1])
    ]
    figure = draw(runs, SLOPE)
    (panel,), (legend,) = figure.axes, figure.legends
    assert lines(panel, thick=True) == [([0.0, 1.0], [0.5, 2.5]), ([0.0, 1.0], [0.5, 4.5])]
    assert legend.get_title().get_text() == "style.weight"
    assert [text.get_text() for text in legend.get_texts()] == ["2", "4"]
    means = [line.get_color() for line in panel.lines if line.get_linewidth() > 1]
    assert [line.get_color() for line in legend.get_lines()] == means
    assert len(set(means)) == 2


@pytest.mark.parametrize("others", [{WEIGHT: 9}, {WEIGHT: 2, LAYERS: 2}])
def test_many_others_share_a_mean(others: dict[str, int]) -> None:
    grid = product(["0", "1"], *(map(str, range(count)) for count in others.values()))
    figure = draw([record(dict(zip((SLOPE, *others), cell, strict=True)), loss__total=1.0) for cell in grid], SLOPE)
    (panel,) = figure.axes
    assert lines(panel, thick=True) == [([0.0, 1.0], [1.0, 1.0])]
    assert len(lines(panel, thick=False)) == math.prod(others.values())
    assert not figure.legends


def test_failures_and_what_is_not_finite_are_left_out() -> None:
    runs = [record({WEIGHT: str(index)}, loss__total=y) for index, y in enumerate([1.0, math.nan, math.inf, 4.0])]
    runs += [replace(record({WEIGHT: "9"}, loss__total=9.0), error="failed"), record({WEIGHT: "10"})]
    (panel,) = draw(runs, WEIGHT).axes
    assert lines(panel, thick=True) == [([0.0, 3.0], [1.0, 4.0])]


def test_each_option_has_a_plot_if_there_are_metrics() -> None:
    run = record({SLOPE: "0", WEIGHT: "1"}, loss__total=1.0)
    assert list(plots([run], metrics([run]))) == [SLOPE, WEIGHT]
    assert plots([run], []) == {}


def test_scalars_to_compare_are_chosen_by_pattern() -> None:
    run = record({SLOPE: "0"}, std__conv1_1=1.0, std__conv5_4=2.0, metrics__psnr=3.0, loss__total=4.0)
    assert metrics([run]) == ["metrics/psnr", "loss/total"]
    assert metrics([run], ["loss/*", "std/conv*"]) == ["loss/total", "std/conv1_1", "std/conv5_4"]
    assert metrics([replace(run, error="failed")]) == []


def test_numbers_of_many_sizes_stand_on_a_logarithmic_axis() -> None:
    for values, scale in (((1.0, 1000.0), "log"), ((1.0, 2.0), "linear"), ((0.0, 1000.0), "linear")):
        runs = [record({SLOPE: str(x)}, loss__total=y) for x, y in enumerate(values)]
        (panel,) = draw(runs, SLOPE).axes
        assert panel.get_yscale() == scale


def test_labels_are_not_mathematics(tmp_path: Path) -> None:
    for names in ((WEIGHT, LAYERS), ("_${$", "$\\bad$")):
        runs = [
            record(dict(zip(names, cell, strict=True)), metrics__psnr=1.0)
            for cell in product(["$\\no{$", "_a"], ["$x^{$", "_b"])
        ]
        figure = draw(runs, names[0])
        save(tmp_path / "plot.png", figure)
        assert [text.get_text() for text in figure.legends[0].get_texts()] == ["$x^{$", "_b"]


def test_saves_whole_or_not_at_all(tmp_path: Path) -> None:
    figure = draw([record({SLOPE: "0"}, loss__total=1.0)], SLOPE)
    save(tmp_path / "plots" / "slope.png", figure)
    width, height = figure.get_size_inches() * 150
    assert images.read(tmp_path / "plots" / "slope.png").shape == (1, 3, round(height), round(width))
    (tmp_path / "taken.png").mkdir()
    with pytest.raises(VerismError, match=r"taken\.png: cannot be written"):
        save(tmp_path / "taken.png", figure)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plots", "taken.png"]


def test_svg_needs_no_font() -> None:
    drawing = svg(draw([record({SLOPE: "0"}, loss__total=1.0)], SLOPE)).decode()
    assert drawing.rstrip().endswith("</svg>")
    assert "<text" not in drawing
