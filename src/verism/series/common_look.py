"""The one look of a series: fitted to several of its photos at once, and kept in a file beside the results."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from verism import api, images
from verism.errors import VerismError
from verism.series.pair import Reading

FITTED = 9
"""Most photos that the fit looks at, a square number."""

SIDE = 320
"""Short side of each, in pixels."""

SIZE = 96
"""Pixels that the short side of the fit has for each row of photos, and once more: with ``FITTED``, each photo has two
thirds of what it would have alone."""


def fit(
    photos: Sequence[Path], styles: Sequence[Path], config: Path, reading: Reading, overrides: Mapping[str, str]
) -> api.FittedRun:
    """Fit a look to several photos of a series, evenly chosen, side by side in one picture.

    Args:
        photos: the series, at least one.
        styles: style photos.
        config: the settings of the fit.
        reading: of photos.
        overrides: options of ``fit``.

    Raises:
        VerismError: none of the chosen photos can be read, or the fit fails.
    """
    found = chosen(photos, reading)
    sheet, rows = side_by_side(found), min(grid(len(found)))
    options: dict[str, Any] = {"data.size": SIZE * (rows + 1), "data.max_megapixels": reading.max_megapixels}
    if reading.white is not None:
        options["data.white"] = reading.white
    return api.fit(sheet, list(styles), config, **(options | dict(overrides)))


def chosen(photos: Sequence[Path], reading: Reading) -> list[Tensor]:
    """Return at most ``FITTED`` photos, from the first to the last at even distances, but for those that are damaged.

    Each is ``(1, 3, H, W)``, sRGB in [0, 1], with ``SIDE`` pixels on its short side at most.

    Raises:
        VerismError: none of them can be read.
    """
    count = min(FITTED, len(photos))
    found: list[Tensor] = []
    failure: VerismError | None = None
    for number in range(count):
        try:
            photo = reading(photos[number * (len(photos) - 1) // max(1, count - 1)]).pixels
        except VerismError as error:
            # It will be listed with what failed.
            failure = failure or error
            continue
        found.append(images.scale(photo, min(SIDE, *photo.shape[-2:])))
    if not found and failure is not None:
        raise failure
    return found


def side_by_side(photos: Sequence[Tensor]) -> Tensor:
    """Return photos in one picture without gaps: what a fit sees is the series alone.

    Each is cut to the shape that they have in the middle. What is left of the last row is filled with the first ones.

    Args:
        photos: ``(1, 3, H, W)`` each, at least one.
    """
    rows, columns = grid(len(photos))
    shapes = sorted((photo.shape[-2:] for photo in photos), key=lambda shape: shape[1] / shape[0])
    height, width = shapes[len(shapes) // 2]
    cells = [_cut(photos[number % len(photos)], height, width).clamp(0, 1) for number in range(rows * columns)]
    return torch.cat(
        [torch.cat(cells[start : start + columns], dim=-1) for start in range(0, len(cells), columns)], dim=-2
    )


def grid(count: int) -> tuple[int, int]:
    """Return the rows and columns of a table for ``count`` pictures, about as many of either."""
    columns = math.ceil(math.sqrt(count))
    return math.ceil(count / columns), columns


def _cut(photo: Tensor, height: int, width: int) -> Tensor:
    """Return the middle of a photo, of such a shape, scaled to such a size."""
    own_height, own_width = photo.shape[-2:]
    scale = max(height / own_height, width / own_width)
    scaled = images.resize(photo, (max(height, round(own_height * scale)), max(width, round(own_width * scale))))
    top, left = (scaled.shape[-2] - height) // 2, (scaled.shape[-1] - width) // 2
    return scaled[..., top : top + height, left : left + width]
