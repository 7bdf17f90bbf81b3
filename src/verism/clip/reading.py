"""Opens clips, and reads single frames from them."""

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
"""Maximum number of bits per sample."""


@dataclass(frozen=True)
class Info:
    """Properties of a clip.

    Attributes:
        width: width of the stored frames, in pixels.
        height: height of the stored frames, in pixels.
        seconds: length in seconds. 0 if the file does not say.
        frames: number of frames according to the file. 0 if the file does not say.
        space: colour space.
        rotation: rotation of the frames for display, in degrees counter-clockwise.
    """

    width: int
    height: int
    seconds: float
    frames: int
    space: Space
    rotation: int


def check_exists(path: str | Path) -> None:
    """Raise ``VerismError`` unless the file exists and is not empty. The message may suggest a similar name."""
    path = Path(path)
    check_file(path, "clip")


@contextmanager
def opened(path: Path) -> Iterator[tuple[Any, Any]]:
    """Yield PyAV's container of a clip and its video stream. Within this context, FFmpeg's errors become a sentence.

    Raises:
        VerismError: if the file does not exist, is not a clip, or is damaged.
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
        VerismError: if there is none, or the frames are of an unsupported kind.
    """
    # The file is opened just for this, because seeking back to the start would lose packets before the first frame,
    # such as sound.
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
    """Return the properties of a clip. Raises ``VerismError`` if it cannot be read correctly."""
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
    """Return the length of a clip in seconds. 0 if the file does not say."""
    if stream.duration is not None:
        return float(stream.duration * stream.time_base)
    return float(Fraction(container.duration or 0, 1_000_000))


def count(container: Any, stream: Any) -> int:
    """Return the number of frames of a clip according to its file. 0 if the file does not say."""
    return stream.frames or round(seconds(container, stream) * float(stream.average_rate or 0))


def moments(path: str | Path, number: int) -> list[float]:
    """Return the midpoints of ``number`` equal parts of a clip, in seconds. Raises ``VerismError`` if unreadable."""
    path = Path(path)
    length = info(path).seconds
    return [length * (2 * part + 1) / (2 * number) for part in range(number)]


def frames(path: str | Path, times: Sequence[float], size: int | None = None) -> list[Tensor]:
    """Return frames of a clip, upright.

    Args:
        path: the clip.
        times: times in seconds from the start. For each, the first frame at or after that time is returned, or the last
            frame of the clip.
        size: maximum number of pixels on the short side. None for the clip's own size.

    Returns:
        The frames, each ``(1, 3, H, W)``, sRGB in [0, 1], converted like photos.

    Raises:
        VerismError: if the clip cannot be read correctly.
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
