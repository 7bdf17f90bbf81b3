"""Fits the shared look of a series to several of its photos at once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback
from torch import Tensor

from verism import api, images
from verism.errors import VerismError
from verism.series.pair import Reading

FITTED = 9
"""Largest number of photos that the look is fitted to, a square number."""

SIDE = 320
"""Largest short side of each of these photos, in pixels."""

SIZE, MORE = 192, 32
"""Short side of the fit of one row of photos, in pixels, and the increase per further row: 256 with ``FITTED``
photos."""


def fit(
    photos: Sequence[Path],
    styles: Sequence[Path],
    config: Path,
    reading: Reading,
    overrides: Mapping[str, str],
    callbacks: Sequence[Callback] = (),
) -> api.FittedRun:
    """Fit a look to several photos of a series, evenly chosen and placed side by side in one picture.

    Args:
        photos: the series, at least one.
        styles: style photos.
        config: the config with the settings of the fit.
        reading: how photos are read.
        overrides: options of ``fit``, name to value, which replace those of the config.
        callbacks: Lightning callbacks, to follow the fit.

    Raises:
        VerismError: none of the chosen photos can be read, or the fit fails.
    """
    found = chosen(photos, reading)
    sheet, rows = side_by_side(found), min(grid(len(found)))
    options: dict[str, Any] = {"data.size": SIZE + MORE * (rows - 1), "data.max_megapixels": reading.max_megapixels}
    if reading.white is not None:
        options["data.white"] = reading.white
    return api.fit(sheet, list(styles), config, callbacks=callbacks, **(options | dict(overrides)))


def chosen(photos: Sequence[Path], reading: Reading) -> list[Tensor]:
    """Return at most ``FITTED`` photos, evenly spaced from the first to the last, without unreadable ones.

    Each is ``(1, 3, H, W)``, sRGB in [0, 1], with at most ``SIDE`` pixels on its short side.

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
            # It is reported later, when the look cannot be applied to it.
            failure = failure or error
            continue
        found.append(images.scale(photo, min(SIDE, *photo.shape[-2:])))
    if not found and failure is not None:
        raise failure
    return found


def side_by_side(photos: Sequence[Tensor]) -> Tensor:
    """Return photos in one picture without gaps, so that a fit sees nothing but the series.

    Each is cropped and scaled to the size of the photo with the median aspect ratio. The rest of the last row is filled
    with the first photos.

    Args:
        photos: ``(1, 3, H, W)`` each, at least one.

    Returns:
        ``(1, 3, H, W)``, clipped to [0, 1].
    """
    rows, columns = grid(len(photos))
    shapes = sorted((photo.shape[-2:] for photo in photos), key=lambda shape: shape[1] / shape[0])
    height, width = shapes[len(shapes) // 2]
    cells = [_cut(photos[number % len(photos)], height, width).clamp(0, 1) for number in range(rows * columns)]
    return torch.cat(
        [torch.cat(cells[start : start + columns], dim=-1) for start in range(0, len(cells), columns)], dim=-2
    )


def grid(count: int) -> tuple[int, int]:
    """Return the numbers of rows and columns of a grid for ``count`` pictures, as close to a square as possible."""
    columns = math.ceil(math.sqrt(count))
    return math.ceil(count / columns), columns


def _cut(photo: Tensor, height: int, width: int) -> Tensor:
    """Return the middle of a photo, cropped to the aspect ratio of ``height`` × ``width`` and scaled to that size."""
    own_height, own_width = photo.shape[-2:]
    scale = max(height / own_height, width / own_width)
    scaled = images.resize(photo, (max(height, round(own_height * scale)), max(width, round(own_width * scale))))
    top, left = (scaled.shape[-2] - height) // 2, (scaled.shape[-1] - width) // 2
    return scaled[..., top : top + height, left : left + width]
