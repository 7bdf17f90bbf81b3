"""Opens clips, and reads single frames of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from verism.clip import filters, space
from verism.clip.kinds import library
from verism.clip.space import Space
from verism.errors import VerismError
from verism.missing import check_file
from verism.photo_file import MIN_SIDE

MAX_BITS = 16
"""Largest number of bits per sample."""


@dataclass(frozen=True)
class Info:
    """Properties of a clip.

    Attributes:
        width: width of its frames as they are stored, in pixels.
        height: height of its frames as they are stored, in pixels.
        seconds: its length in seconds; 0 if its file does not say.
        frames: number of frames, by what its file says; 0 if that says nothing.
        space: its colour space.
        rotation: rotation of its frames for display, in degrees counter-clockwise.
    """

    width: int
    height: int
    seconds: float
    frames: int
    space: Space
    rotation: int


def check_exists(path: str | Path) -> None:
    """Raise ``VerismError`` unless there is such a file, with something in it; a name close to it may be meant."""
    path = Path(path)
    check_file(path, "clip")


@contextmanager
def opened(path: Path) -> Iterator[tuple[Any, Any]]:
    """Yield PyAV's container of a clip and its video stream; within this context, FFmpeg's errors become a sentence.

    Raises:
        VerismError: there is no such file, it is not a clip, or it is damaged.
    """
    av = library()
    check_exists(path)
    try:
        with av.open(str(path)) as container:
            pictures = av.stream.Disposition.attached_pic
            streams = [stream for stream in container.streams.video if not stream.disposition & pictures]
            if not streams:
                raise VerismError(f"{path}: has no video stream.")
            yield container, streams[0]
    except (av.error.FFmpegError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise VerismError(f"{path}: cannot be read as a clip ({reason}).") from error


def first_frame(path: Path) -> Any:
    """Return the first frame of a clip.

    Raises:
        VerismError: there is none, or its frames are of a kind that cannot be read correctly.
    """
    # The file is opened just for this: seeking back to the beginning would lose packets before the first frame, such as
    # those of sound.
    with opened(path) as (container, stream):
        frame: Any = next(iter(container.decode(stream)), None)
    if frame is None:
        raise VerismError(f"{path}: has no frame that can be read.")
    components = frame.format.components
    if frame.interlaced_frame:
        raise VerismError(f"{path}: is interlaced; deinterlace it first.")
    if any(component.is_alpha for component in components):
        raise VerismError(f"{path}: is transparent, which a result cannot be; put it over an opaque background first.")
    if max(component.bits for component in components) > MAX_BITS:
        raise VerismError(f"{path}: has samples of more than {MAX_BITS} bits; convert it first.")
    if min(frame.width, frame.height) < MIN_SIDE:
        raise VerismError(
            f"{path}: is {frame.width}×{frame.height}; a clip needs at least {MIN_SIDE} pixels on each side."
        )
    return frame


def info(path: str | Path) -> Info:
    """Return the properties of a clip; raise ``VerismError`` if it cannot be read correctly."""
    path = Path(path)
    frame = first_frame(path)
    with opened(path) as (container, stream):
        return Info(
            frame.width,
            frame.height,
            seconds(container, stream),
            count(container, stream),
            space.of(path, frame),
            frame.rotation,
        )


def seconds(container: Any, stream: Any) -> float:
    """Return the length of a clip in seconds; 0 if its file does not say."""
    if stream.duration is not None:
        return float(stream.duration * stream.time_base)
    return float(Fraction(container.duration or 0, 1_000_000))


def count(container: Any, stream: Any) -> int:
    """Return the number of frames of a clip, by what its file says; 0 if that says nothing."""
    return stream.frames or round(seconds(container, stream) * float(stream.average_rate or 0))


def moments(path: str | Path, number: int) -> list[float]:
    """Return the middles of ``number`` equal parts of a clip, in seconds; raise ``VerismError`` if it is unreadable."""
    path = Path(path)
    length = info(path).seconds
    return [length * (2 * part + 1) / (2 * number) for part in range(number)]


def frames(path: str | Path, times: Sequence[float], size: int | None = None) -> list[Tensor]:
    """Return frames of a clip, upright.

    Args:
        path: the clip.
        times: times in seconds from its beginning; for each, the first frame that is not earlier is returned, or the
            last frame of the clip.
        size: largest number of pixels of the short side; None: the clip's own.

    Returns:
        The frames, each ``(1, 3, H, W)``, sRGB in [0, 1], converted like photos.

    Raises:
        VerismError: the clip cannot be read correctly.
    """
    path = Path(path)
    found = []
    first = first_frame(path)
    with opened(path) as (container, stream):
        its = space.of(path, first)
        graph = filters.to_rgb(stream, its, _within(first.width, first.height, size))
        start = float((stream.start_time or 0) * stream.time_base)
        for time in times:
            container.seek(round((start + time) / stream.time_base), stream=stream, backward=True)
            chosen = None
            for frame in container.decode(stream):
                chosen = frame
                if frame.time is None or frame.time - start >= time - 1e-6:
                    break
            if chosen is None:
                raise VerismError(f"{path}: has no frame at {time:.1f} seconds; its file is damaged.")
            graph.push(chosen)
            rows = its.to_srgb(graph.pull().to_ndarray().clip(0, 1))
            image = torch.from_numpy(rows.transpose(2, 0, 1).copy()).unsqueeze(0)
            found.append(torch.rot90(image, first.rotation // 90, (-2, -1)).contiguous())
    return found


def _within(width: int, height: int, size: int | None) -> tuple[int, int] | None:
    short = min(width, height)
    return None if size is None or size >= short else (round(width * size / short), round(height * size / short))
