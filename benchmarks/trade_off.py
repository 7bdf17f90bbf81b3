"""The frontier between drift and style, and where the default is: ``python benchmarks/trade_off.py FOLDER``.

FOLDER is laid out as for scoreboard.py. The frontier is that of a canvas that may grade every place differently, the
bilateral grid, with each --consistency: the less, the closer to the style, and the more one colour becomes several. The
default, photoreal.yaml, the closed-form colour map, and DPST's published results where the folder has them, are points
to compare with.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from command import conclude, parser
from compare import Row, compare
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from methods import Given, Method, methods
from scoreboard import COLUMNS, by_metrics, read_pairs
from tables import write_tables

from verism import VGG19
from verism.errors import VerismError
from verism.sweep.plots import save

LABELS = {
    "photoreal": "the default, photoreal.yaml",
    "closed_form": "closed-form colour map",
    "dpst_result": "DPST, as published, with masks",
}
"""What is said of the points, by method."""

HEIGHTS = {"drift": "drift, ΔE (0: one colour, one treatment)", "structure": "structure (1: the content's)"}
"""What is drawn over style distance: score to its axis."""

GRID = shlex.split(
    "--data.size 256 --data.regions null --model.canvas BilateralGrid --model.canvas.smoothness 1 "
    "--model.canvas.departure 0 --model.canvas.contrast 0 --model.style.weight 1 --model.color.weight 3 "
    "--model.photorealism.weight 20 --model.photorealism.epsilon 1e-3 --model.photorealism.scale 8 "
    "--optimizer.lr 0.03 --trainer.max_steps 60"
)
"""Options that make photoreal.yaml the fit of a grid, as docs/canvases/bilateral_grid.md has them."""


def main(args: Sequence[str] | None = None) -> None:
    """Make the results that are missing, and ``trade_off.csv``, ``trade_off.md`` and ``trade_off.png`` of all.

    Raises:
        SystemExit: the folder has no pairs, a photo cannot be read, or a method failed.
    """
    options = parser(str(__doc__), Path("lightning_logs/trade_off"))
    options.add_argument("folder", type=Path, help="Of the pairs.")
    options.add_argument("--consistency", type=float, nargs="+", default=[0.0, 100.0, 300.0, 1000.0], help="Weights.")
    chosen = options.parse_args(args)
    judge = by_metrics(VGG19(), chosen.size)
    fit = shlex.split(chosen.fit)
    curve: dict[str, Method] = {
        f"consistency {weight:g}": methods([*GRID, f"--model.consistency.weight={weight}", *fit])["photoreal"]
        for weight in sorted(chosen.consistency)
    }
    known = methods(fit)
    beside = {name: known[name] for name in ("photoreal", "closed_form")} | {"dpst_result": Given("dpst_result")}
    try:
        rows = compare(
            read_pairs(chosen.folder),
            curve | beside,
            judge,
            chosen.output / "results",
            chosen.size,
            redo=chosen.redo,
        )
    except VerismError as error:
        raise SystemExit(str(error)) from error
    about = f"Results at a short side of {chosen.size} pixels; photoreal.yaml {chosen.fit}."
    write_tables(chosen.output / "trade_off", rows, COLUMNS, (), about)
    save(chosen.output / "trade_off.png", plot(rows, list(curve)))
    conclude(rows, chosen.output)


def plot(rows: Sequence[Row], curve: Sequence[str]) -> Figure:
    """Return each of ``HEIGHTS`` over style distance, in a panel of its own.

    Means over the cases: ``curve`` as a line, other methods as points.
    """
    figure = Figure(figsize=(11, 4.5), layout="constrained")
    panels = figure.subplots(1, len(HEIGHTS))
    for axes, (score, label) in zip(panels, HEIGHTS.items(), strict=True):
        _draw(axes, rows, curve, score)
        axes.set_xlabel("style distance (1: content, 0: the style's statistics)")
        axes.set_ylabel(label)
        axes.grid(alpha=0.3)
    panels[0].legend()
    return figure


def _draw(axes: Axes, rows: Sequence[Row], curve: Sequence[str], score: str) -> None:
    points = {method: _mean(rows, method, score) for method in dict.fromkeys(row.method for row in rows if row.scores)}
    line = [points[method] for method in curve if method in points]
    axes.plot(*zip(*line, strict=True), "-o", color="0.4", label="a grid over the photo, by its weight of consistency")
    for method, point in points.items():
        if method not in curve:
            axes.plot(*point, "s", label=LABELS.get(method, method))
        else:
            label = method.removeprefix("consistency ")
            axes.annotate(label, point, textcoords="offset points", xytext=(6, 6), fontsize=8)


def _mean(rows: Sequence[Row], method: str, score: str) -> tuple[float, float]:
    scores = [row.scores for row in rows if row.method == method and row.scores]
    return fmean(own["style_distance"] for own in scores), fmean(own[score] for own in scores)


if __name__ == "__main__":
    main()
