"""Rectangles of pixels or positions, and functions to cut an image into them."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from verism.backbone.architecture import POOLED
from verism.backbone.tap import Index
from verism.errors import VerismError
from verism.losses.positions import EVERYWHERE, Positions


class Box(NamedTuple):
    """A rectangle of pixels, or of a layer's positions.

    Attributes:
        top: first row.
        left: first column.
        bottom: row after the last.
        right: column after the last.
    """

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        """Number of rows."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.right - self.left

    def grow(self, margin: int, inside: Box) -> Box:
        """Return the box with a margin on each side, cropped to another box."""
        return Box(
            max(self.top - margin, inside.top),
            max(self.left - margin, inside.left),
            min(self.bottom + margin, inside.bottom),
            min(self.right + margin, inside.right),
        )

    def __floordiv__(self, step: int) -> Box:
        """Return the box on a map whose positions are ``step`` apart; incomplete positions at the end are left out."""
        return Box(*(edge // step for edge in self))

    def within(self, frame: Box) -> Index:
        """Return the box's rows and columns in a map of ``frame``."""
        return (
            slice(self.top - frame.top, self.bottom - frame.top),
            slice(self.left - frame.left, self.right - frame.left),
        )

    def put(self, part: Tensor, frame: Box, into: Tensor | None) -> Tensor:
        """Write the box's part of a map.

        Args:
            part: ``(1, d, h, w)``, the values in this box.
            frame: the box of the whole map.
            into: the map to write to; None: a new one.

        Returns:
            The map.
        """
        if self == frame:
            return part
        if into is None:
            shape = (*part.shape[:2], frame.height, frame.width)
            into = torch.empty(shape, dtype=part.dtype, device=part.device, memory_format=torch.channels_last)
        into[..., *self.within(frame)] = part
        return into

    def cut(self, side: int, step: int) -> list[Box]:
        """Cut the box into roughly equal parts, about ``side`` × ``side`` at most, with edges in steps of ``step``."""
        rows, columns = (
            _bounds(start, end, max(1, min(-(-(end - start) // side), (end - start) // step)), step)
            for start, end in ((self.top, self.bottom), (self.left, self.right))
        )
        return [Box(top, left, bottom, right) for top, bottom in pairwise(rows) for left, right in pairwise(columns)]

    def positions(self, frame: Box, device: torch.device) -> Positions:
        """Return the positions of the box in a map of ``frame``."""
        if self == frame:
            return EVERYWHERE
        rows, columns = self.within(frame)
        y = torch.arange(rows.start, rows.stop, device=device)
        x = torch.arange(columns.start, columns.stop, device=device)
        return Positions((y.unsqueeze(1) * frame.width + x).flatten(), frame.height, frame.width)


def whole(height: int, width: int) -> Box:
    """Return the box of a whole map."""
    return Box(0, 0, height, width)


def shares(height: int, width: int, ranks: int) -> list[Box]:
    """Return each process's share of an image: a band across the longer side, since such bands overlap the least.

    Args:
        height: height of the image, in pixels.
        width: width of the image, in pixels.
        ranks: number of processes.

    Raises:
        VerismError: the image is too small for a band of ``POOLED`` pixels for each process.
    """
    if max(height, width) < ranks * POOLED:
        raise VerismError(
            f"--trainer.devices: an image of {width}×{height} pixels cannot be shared by {ranks} processes, each of "
            f"which needs {POOLED} pixels; take fewer, or a larger --data.size, or first of --model.scales."
        )
    image, bounds = whole(height, width), pairwise(_bounds(0, max(height, width), ranks, POOLED))
    if height > width:
        return [image._replace(top=top, bottom=bottom) for top, bottom in bounds]
    return [image._replace(left=left, right=right) for left, right in bounds]


def _bounds(start: int, end: int, parts: int, step: int) -> list[int]:
    """Return the starts of roughly equal parts, in multiples of ``step`` from ``start``, and the last one's end."""
    steps = (end - start) / step
    return [*(start + step * int(steps * part / parts) for part in range(parts)), end]
