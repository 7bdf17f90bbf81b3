"""A comparison as a sheet of pictures."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from compare import Row
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from tables import three_digits

from verism import images
from verism.sweep.plots import save

HEIGHT = 1.7
"""Of a line's pictures, in inches."""

THUMBNAIL = 240
"""Short side of a picture on the sheet, in pixels."""


def write_sheet(
    path: Path, rows: Sequence[Row], given: Mapping[str, Mapping[str, Path]], caption: Sequence[str]
) -> None:
    """Write all results as one labelled picture: a line a case, a column a method.

    Args:
        path: ends in ``.png``.
        rows: of the cases that are ``given``.
        given: at least one case to the pictures that come first in its line, role to file; the same roles for all.
        caption: the scores beneath a result.

    Raises:
        VerismError: the file cannot be written, or a picture cannot be read.
    """
    found = {(row.case, row.method): row for row in rows}
    columns = list(dict.fromkeys([role for photos in given.values() for role in photos] + [row.method for row in rows]))
    shapes = [images.read(picture).shape for photos in given.values() for picture in photos.values()]
    # In inches; wide enough for most pictures to be as high as their line, and for a heading.
    width = max(HEIGHT, HEIGHT * median(shape[-1] / shape[-2] for shape in shapes))
    size = ((width + 0.1) * len(columns), (HEIGHT + 0.3) * len(given) + 0.3)
    figure = Figure(size, layout=ConstrainedLayoutEngine())
    panels = figure.subplots(len(given), len(columns), squeeze=False)
    for (case, photos), line in zip(given.items(), panels, strict=True):
        for column, panel in zip(columns, line, strict=True):
            panel.set(xticks=[], yticks=[])
            panel.spines[:].set_visible(False)
            panel.set_anchor("N")
            row = found.get((case, column))
            if column in photos:
                _show(panel, photos[column])
            elif row and row.picture:
                _show(panel, row.picture)
                panel.set_xlabel(" · ".join(three_digits(row.scores[score]) for score in caption), fontsize="small")
            elif row:
                text = textwrap.fill(textwrap.shorten(row.error, 200), 32)
                panel.text(0.5, 0.5, text, ha="center", va="center", fontsize="xx-small", parse_math=False)
        line[0].set_ylabel(textwrap.fill(case.replace("_", " "), 20), fontsize="small", parse_math=False)
    for column, panel in zip(columns, panels[0], strict=True):
        panel.set_title(column, fontsize="medium", parse_math=False)
    figure.supxlabel(f"Beneath a result: {' · '.join(name.replace('_', ' ') for name in caption)}", fontsize="small")
    save(path, figure)


def _show(panel: Axes, picture: Path) -> None:
    photo = images.read(picture)
    photo = images.scale(photo, min(THUMBNAIL, *photo.shape[-2:]))
    panel.imshow(photo.squeeze(0).permute(1, 2, 0).clamp(0, 1).numpy())
