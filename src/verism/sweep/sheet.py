"""The contact sheet of a sweep: the photos, and a table of the results."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PIL import Image
from torch import Tensor

from verism.batch.sheet import CELL_WIDTH, MAX_COLUMNS, Press, read
from verism.sweep.labels import metric_name, options, short_names
from verism.sweep.record import Record

CELL_SIDE = 512
"""Largest size of a result's longer side on the sheet, in pixels, unless the result would then be too narrow."""

CAPTION = ("metrics/drift", "metrics/lost", "metrics/newly_clipped", "metrics/structure", "metrics/style_distance")
"""Tags of the numbers below a result."""


def contact_sheet(records: Sequence[Record]) -> Tensor:
    """Draw the photos and, below them, a table of the results.

    There is a column for each value of the first option that varies, and a row for each combination of the other
    options, and of the seeds if there are several. A failed run or an unreadable picture is shown as a grey box with
    the reason.

    Args:
        records: the runs of one pair of photos, at least one.

    Returns:
        ``(1, 3, H, W)``, RGB in [0, 1].
    """
    table = dict(zip(_places(records), records, strict=True))
    columns = list(dict.fromkeys(place[:1] for place in table))
    rows = list(dict.fromkeys(place[1:] for place in table))
    press = Press(*_cell_shape(records))
    indent = press.blank(press.label_width(label for row in rows for label in row))

    photos = [press.photo("content", records[0].content), *(press.photo("style", path) for path in records[0].styles)]
    parts = [press.line(indent, photos)]
    for band in _bands(columns):
        headers = press.line(indent, [press.text(column, press.width) for column in band])
        first, *others = (
            press.line(press.text(row, indent.width), [_result(press, table.get(column + row)) for column in band])
            for row in rows
        )
        parts += [press.under(headers, first), *others]
    return press.page(parts)


def _result(press: Press, record: Record | None) -> Image.Image:
    """Draw a run's result above its key metrics, or its error; blank if there is no such run."""
    if record is None:
        return press.blank(press.width)
    if record.error is not None:
        return press.picture(record.error, press.width)
    numbers = [f"{metric_name(tag)} {record.scalars[tag]:.3g}" for tag in CAPTION if tag in record.scalars]
    caption = press.text([" · ".join(numbers)], press.width, small=True)
    return press.under(press.picture(read(record.image), press.width), caption)


def _places(records: Sequence[Record]) -> list[tuple[str, ...]]:
    """Return each run's place in the table: a label for each option that varies, and for the seed if it varies."""
    names = short_names(options(records))
    several_seeds = len({record.seed for record in records}) > 1
    return [
        (
            *(f"{names[option]} = {value}" for option, value in record.settings.items()),
            *([f"seed = {record.seed}"] if several_seeds else []),
        )
        for record in records
    ]


def _bands(columns: Sequence[tuple[str, ...]]) -> list[Sequence[tuple[str, ...]]]:
    """Split columns into as few bands of at most ``MAX_COLUMNS`` as possible, of about equal width."""
    width = math.ceil(len(columns) / math.ceil(len(columns) / MAX_COLUMNS))
    return [columns[start : start + width] for start in range(0, len(columns), width)]


def _cell_shape(records: Sequence[Record]) -> tuple[int, int]:
    """Return the height and width of results on the sheet, in the shape of a result, of the content photo, or 3:4."""
    finished = (record.image for record in records if record.error is None)
    readable = (image for path in (*finished, records[0].content) if isinstance(image := read(path), Tensor))
    height, width = next((image.shape[-2:] for image in readable), (3, 4))
    scale = max(min(1, CELL_SIDE / max(height, width)), CELL_WIDTH / width)
    return round(height * scale), round(width * scale)
