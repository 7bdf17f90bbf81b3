"""Plots of metrics against an option, to show how the results of a sweep depend on it."""

from __future__ import annotations

import io
import math
import textwrap
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean

import numpy as np
from matplotlib import colormaps, rc_context
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from verism import atomic
from verism.sweep.labels import metric_name, options, short_names
from verism.sweep.record import Record

MAX_COLUMNS = 4
"""Largest number of panels side by side."""

MAX_COLORS = 8
"""Largest number of colours that can be told apart."""

WIDE = 100
"""Ratio of the largest to the smallest number from which on an axis is logarithmic."""

ROOM = 30
"""Number of characters that fit below a panel; longer labels are slanted."""

INK, GREY = "#333333", "#999999"


def plots(records: Sequence[Record], tags: Sequence[str]) -> dict[str, Figure]:
    """Return a plot for each option that varies, by option; none if there are no ``tags``."""
    return {option: plot(records, option, tags) for option in options(records)} if tags else {}


def plot(records: Sequence[Record], option: str, tags: Sequence[str]) -> Figure:
    """Draw each metric against an option: a thin line per combination of everything else, a thick line for the mean.

    If exactly one other option varies and has at most ``MAX_COLORS`` values, each of these has its own mean, in its own
    colour. Numbers are on a numeric axis, anything else in grid order. Failed runs and scalars that are not finite are
    left out.

    Args:
        records: the sweep's runs.
        option: an option that varies.
        tags: the scalars to draw, at least one.
    """
    names = short_names(options(records))
    by, colors = _colors(records, option)
    columns = min(MAX_COLUMNS, len(tags))
    rows = math.ceil(len(tags) / columns)

    # Without pyplot, which keeps global state, and without parse_math, because a label may contain a dollar sign.
    figure = Figure(
        (3.5 * columns + (1.2 if by else 0), 2.7 * rows + 0.3), layout=ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.1)
    )
    figure.supxlabel(names[option], fontsize="medium", parse_math=False)
    for index, tag in enumerate(tags, start=1):
        panel = figure.add_subplot(rows, columns, index)
        panel.set_title(metric_name(tag), fontsize="medium")
        x = _axis(panel, _values(records, option))
        for value, color in colors.items():
            group = [record for record in records if by is None or record.settings[by] == value]
            _draw(panel, _lines(group, option, tag, x), color, thin=color if by else GREY)
        _scale(panel)
    if by is not None:
        handles = [Line2D([], [], color=color, marker="o") for color in colors.values()]
        legend = figure.legend(handles, list(colors), title=names[by], loc="outside right upper", frameon=False)
        for text in (legend.get_title(), *legend.get_texts()):
            text.set_parse_math(False)
    return figure


def save(path: Path, figure: Figure) -> None:
    """Write a figure as PNG.

    Raises:
        VerismError: the file cannot be written.
    """
    atomic.write(path, _encode(figure, "png"))


def svg(figure: Figure) -> bytes:
    """Return a figure as an SVG file, with text as outlines, so that it looks the same wherever it is opened."""
    return _encode(figure, "svg")


def _encode(figure: Figure, kind: str) -> bytes:
    file = io.BytesIO()
    # Otherwise, an SVG file contains the time and random names.
    with rc_context({"svg.hashsalt": "verism"}):
        metadata = {"Date": None} if kind == "svg" else None
        figure.savefig(file, format=kind, dpi=150, facecolor="white", metadata=metadata)
    return file.getvalue()


def _values(records: Sequence[Record], option: str) -> list[str]:
    """Return an option's values, in grid order."""
    return list(dict.fromkeys(record.settings[option] for record in records))


def _numbers(labels: Sequence[str]) -> list[float] | None:
    """Return the labels as numbers, if all of them are."""
    try:
        numbers = [float(label) for label in labels]
    except ValueError:
        return None
    return numbers if all(map(math.isfinite, numbers)) else None


def _colors(records: Sequence[Record], option: str) -> tuple[str | None, dict[str, str]]:
    """Return the option by which lines are coloured and its values' colours, or None and one colour for all."""
    others = [other for other in options(records) if other != option]
    values = _values(records, others[0]) if len(others) == 1 else []
    if not 0 < len(values) <= MAX_COLORS:
        return None, {"": INK}
    # An ordered colormap shows the order of numbers; the end of viridis is too bright for white paper.
    ordered = _numbers(values) is not None
    colors = [
        colormaps["viridis"](0.85 * index / max(len(values) - 1, 1)) if ordered else colormaps["tab10"](index)
        for index in range(len(values))
    ]
    return others[0], dict(zip(values, map(to_hex, colors), strict=True))


def _axis(panel: Axes, labels: Sequence[str]) -> dict[str, float]:
    """Prepare the horizontal axis of a panel for an option's values, and return the x of each value."""
    panel.spines[["top", "right"]].set_visible(False)
    panel.grid(alpha=0.25)
    numbers = _numbers(labels)
    if numbers is None:
        ticks = [textwrap.fill(label, 20) for label in labels]
        panel.set_xticks(range(len(labels)), ticks, parse_math=False, fontsize="small")
        if sum(map(len, labels)) > ROOM:
            for text in panel.get_xticklabels():
                text.set(rotation=30, ha="right", rotation_mode="anchor")
        return dict(zip(labels, map(float, range(len(labels))), strict=True))
    if min(numbers) > 0 and max(numbers) / min(numbers) >= WIDE:
        panel.set_xscale("log")
    else:
        whole = all(number.is_integer() for number in numbers)
        panel.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 2.5, 5, 10], integer=whole))
    return dict(zip(labels, numbers, strict=True))


def _scale(panel: Axes) -> None:
    """Make the vertical axis of a panel logarithmic if its numbers are positive and span a factor of ``WIDE``."""
    drawn = [y for line in panel.lines for y in map(float, np.atleast_1d(line.get_ydata()))]
    if drawn and min(drawn) > 0 and max(drawn) / min(drawn) >= WIDE:
        panel.set_yscale("log")


def _lines(records: Sequence[Record], option: str, tag: str, x: Mapping[str, float]) -> list[dict[float, float]]:
    """Return a line, x to y in the order of x, for each combination of photos, seed and the other options."""
    lines: defaultdict[object, dict[float, float]] = defaultdict(dict)
    for record in sorted(records, key=lambda record: x[record.settings[option]]):
        others = tuple(value for other, value in record.settings.items() if other != option)
        y = record.scalars.get(tag, math.nan)
        if record.error is None and math.isfinite(y):
            lines[record.content, record.styles, record.seed, others][x[record.settings[option]]] = y
    return list(lines.values())


def _draw(panel: Axes, lines: Sequence[Mapping[float, float]], color: str, thin: str) -> None:
    """Draw lines and, on top of them, their mean at each x at which any of them has a value."""
    for line in lines:
        panel.plot(list(line), list(line.values()), color=thin, alpha=0.4, linewidth=0.8)
    mean = {x: fmean(line[x] for line in lines if x in line) for x in sorted({x for line in lines for x in line})}
    panel.plot(list(mean), list(mean.values()), color=color, linewidth=2, marker="o", markersize=5)
