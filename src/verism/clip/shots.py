"""Finds the cuts of a clip, and selects frames that represent it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from verism.clip import filters, reading, space

SIDE = 48
"""Short side, in pixels, of the frames that are compared."""

CELLS = 6
"""Number of bins of a histogram along each of red, green and blue."""

CUT = 0.4
"""Smallest share of the pixels that change bins at a cut."""

FLASH = 3
"""Number of frames for which the picture must stay different before and after a cut. A shorter flash is not a cut."""

SHORTEST = 0.4
"""Minimum length of a shot, in seconds."""


class Shot(NamedTuple):
    """A part of a clip without a cut, in seconds from the start of the clip."""

    start: float
    end: float


def shots(path: Path) -> list[Shot]:
    """Find the shots of a clip by its colours.

    A cut is where the histograms of red, green and blue of two neighbouring frames differ by at least ``CUT`` of the
    pixels, and each of the two frames also differs from the frame that is ``FLASH`` frames away on the other side of
    the cut. Shots that dissolve into each other, or have the same colours, count as one.

    Raises:
        VerismError: if the clip cannot be read correctly.
    """
    times, histograms = _histograms(path)
    length = max(reading.info(path).seconds, times[-1])
    return [Shot(start, end) for start, end in itertools.pairwise([0.0, *cuts(times, histograms), length])]


def cuts(times: Sequence[float], histograms: Sequence[NDArray[np.float64]]) -> list[float]:
    """Return the times of the frames that start a shot, except the first.

    Args:
        times: the times of all frames, in seconds.
        histograms: the histograms of all frames, each of which sums to 1.
    """
    found: list[float] = []
    for index in range(1, len(times)):
        earlier, later = max(index - FLASH, 0), min(index - 1 + FLASH, len(times) - 1)
        pairs = ((index - 1, index), (index - 1, later), (earlier, index))
        changes = [np.abs(histograms[one] - histograms[other]).sum() / 2 for one, other in pairs]
        if min(changes) >= CUT and times[index] - (found[-1] if found else times[0]) >= SHORTEST:
            found.append(times[index])
    return found


def standing(parts: Sequence[Shot], number: int) -> list[float]:
    """Return the times of ``number`` frames that represent a clip.

    Each shot gets one frame, longest shots first. Further frames go to the shots with the most time per frame. The
    frames are in the middles of equal parts of their shots.

    Args:
        parts: the shots, at least one.
        number: number of frames, at least 1.
    """
    counts = [0] * len(parts)
    for _ in range(number):
        # A shot without a frame takes precedence over any shot that has one.
        urgency = [
            ((count == 0), (shot.end - shot.start) / (count + 1)) for shot, count in zip(parts, counts, strict=True)
        ]
        counts[urgency.index(max(urgency))] += 1
    return [
        shot.start + (shot.end - shot.start) * (2 * part + 1) / (2 * count)
        for shot, count in zip(parts, counts, strict=True)
        for part in range(count)
    ]


def _histograms(path: Path) -> tuple[list[float], list[NDArray[np.float64]]]:
    first = reading.first_frame(path)
    scale = SIDE / min(first.width, first.height)
    size = round(first.width * scale), round(first.height * scale)
    times, histograms = [], []
    with reading.opened(path) as (_, stream):
        stream.thread_type = "AUTO"
        graph = filters.to_rgb(stream, space.of(path, first), size)
        start = float((stream.start_time or 0) * stream.time_base)
        for frame in stream.container.decode(stream):
            graph.push(frame)
            cells = (graph.pull().to_ndarray().clip(0, 1) * (CELLS - 1e-3)).astype(int).reshape(-1, 3)
            counts = np.bincount(cells @ [CELLS**2, CELLS, 1], minlength=CELLS**3)
            times.append(float(frame.time or 0.0) - start)
            histograms.append(counts / len(cells))
    return times, histograms
