"""A clip through a lookup table: every frame alike, and all else in its file as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from verism import atomic
from verism.clip import filters, reading, space
from verism.clip.encoding import ClipEncoding
from verism.clip.kinds import library
from verism.errors import InterruptedClipError, VerismError

COPIED = ("audio", "subtitle", "video")
"""Kinds of streams that go into a result as they are; a video stream among them is a cover picture."""

FORMATS: Mapping[str, str] = {".mkv": "matroska", ".mov": "mov", ".m4v": "mp4", ".mp4": "mp4"}
"""FFmpeg's names of containers."""

MISSING = 0.02
"""Share of a clip that may be without pictures before it is said; rates and durations are often rounded."""

CHAPTERS = "SubtitleHandler"
"""What FFmpeg calls the track of the titles of chapters in MP4 and QuickTime files."""

USUAL = ClipEncoding()
"""How a clip is written unless it is said otherwise."""

Report = Callable[[float], object]
"""What is told of how many frames more are done."""


@dataclass(frozen=True)
class Graded:
    """What became of a clip.

    Attributes:
        frames: how many it has.
        notes: what there is to say of it: what could not be kept.
    """

    frames: int
    notes: tuple[str, ...]


def grade(
    path: Path,
    result: Path,
    table: Tensor,
    encoding: ClipEncoding = USUAL,
    report: Report = lambda _: None,
    made_with: Mapping[str, str] | None = None,
) -> Graded:
    """Write a clip through a lookup table, whole or not at all, replacing any existing file.

    Frames keep their times, so that a variable frame rate stays one; sound, subtitles, chapters, rotation, timecode and
    metadata are copied. Where a stream cannot be in the result's container, a note says so. HDR is tone-mapped.

    Args:
        path: of the clip.
        result: of the result, whose ending is one of ``encoding.encoder.containers``.
        table: from sRGB to sRGB, ``(3, n, n, n)``, RGB by blue, green and red.
        encoding: of the result.
        report: told of every frame that is done.
        made_with: what made it, for its comment.

    Raises:
        VerismError: the clip cannot be read rightly, or the result cannot be written.
        InterruptedClipError: by Ctrl-C; what was done until then is beside ``result``, with ``.partial`` in its name.
    """
    first = reading.first_frame(path)
    its = space.of(path, first)
    with reading.opened(path) as (clip, stream), atomic.draft(result) as draft:
        stream.thread_type = "AUTO"
        pixels = encoding.pixels(first.format)
        with filters.through_table(stream, its, its.graded(table), pixels) as graph:
            writer = _Writer(result, draft, clip, stream, encoding, made_with or {})
            done, damaged, end = 0, 0, 0.0
            try:
                writer.begin(first, its.result, pixels)
                for kind, item in _contents(path, clip, stream, first):
                    if kind == "frame":
                        graph.push(item)
                        writer.show(graph.pull())
                        done += 1
                        damaged += item.is_corrupt
                        end = max(end, item.time or 0.0)
                        report(1)
                    else:
                        writer.copy(item)
            except KeyboardInterrupt:
                if not done:
                    raise
                writer.end()
                partial = _free(result.with_stem(f"{result.stem}.partial"))
                atomic.publish(draft, partial)
                raise InterruptedClipError(path, partial, done) from None
            writer.end()
        notes = [*writer.notes]
        if damaged:
            notes.append(f"{damaged} of its frames are damaged")
        length, rate = reading.seconds(clip, stream), float(stream.average_rate or 25)
        end += 1 / rate - float((stream.start_time or 0) * stream.time_base)
        if length - end > max(2 / rate, MISSING * length):
            notes.append(f"only {end:.1f} of its {length:.1f} seconds have pictures that can be read")
        if its.color.hdr is not None:
            notes.append(f"its HDR ({its.color.hdr}) is tone-mapped to the range of BT.709")
        atomic.publish(draft, result)
    return Graded(done, tuple(notes))


def _contents(path: Path, clip: Any, stream: Any, first: Any) -> Iterator[tuple[str, Any]]:
    """Yield a clip's frames, and the packets of what is copied, in the order of the file.

    Raises:
        VerismError: frames change their size or kind.
    """
    kept = [stream, *(other for other in clip.streams if other is not stream and other.type in COPIED)]
    for packet in clip.demux(*kept):
        if packet.stream is not stream:
            if packet.size and packet.dts is not None:
                yield "packet", packet
            continue
        for frame in packet.decode():
            if _kind(frame) != _kind(first):
                raise VerismError(
                    f"{path}: changes its size or its colour space at {frame.time or 0:.1f} seconds; cut it there."
                )
            yield "frame", frame


def _kind(frame: Any) -> tuple[Any, ...]:
    codes = (frame.colorspace, frame.color_range, frame.color_primaries, frame.color_trc)
    return frame.width, frame.height, frame.format.name, frame.interlaced_frame, *map(int, codes)


class _Writer:
    """The result's file, while it is written."""

    def __init__(
        self,
        result: Path,
        draft: Path,
        clip: Any,
        stream: Any,
        encoding: ClipEncoding,
        made_with: Mapping[str, str],
    ) -> None:
        self.notes: list[str] = []
        self._av = library()
        self._result, self._clip, self._stream, self._encoder = result, clip, stream, encoding.encoder
        form = FORMATS[result.suffix.lower()]
        # Tags beyond the usual ones are a QuickTime file's own.
        options = {"movflags": "+use_metadata_tags"} if form == "mov" else {}
        with self._sentence():
            self._file = self._av.open(str(draft), "w", format=form, options=options)
        # The file's brand is its container's own, and is written by that.
        own = ("major_brand", "minor_version", "compatible_brands", "encoder")
        metadata = {key: value for key, value in clip.metadata.items() if key.lower() not in own}
        if made_with:
            said = "verism: " + ", ".join(f"{key} {value}" for key, value in made_with.items())
            # Matroska has the names of tags in capitals.
            comment = next((key for key in metadata if key.lower() == "comment"), "comment")
            metadata[comment] = "; ".join(filter(None, (metadata.get(comment), said)))
        self._file.metadata.update(metadata)
        self._video: Any = None
        self._others: dict[int, Any] = {}

    def begin(self, first: Any, its: space.Space, pixels: str) -> None:
        """Add the streams.

        Args:
            first: frame of the clip.
            its: space of the result.
            pixels: of the result.
        """
        source, encoder = self._stream, self._encoder
        rate = source.average_rate or source.guessed_rate or Fraction(25)
        with self._sentence():
            made = self._file.add_stream(encoder.name, rate=rate, options=dict(encoder.options))
            made.width, made.height, made.pix_fmt = first.width, first.height, pixels
            context = made.codec_context
            # The clip's own clock, on which frames of a variable rate stay where they were.
            made.time_base = context.time_base = source.time_base
            if source.sample_aspect_ratio:
                context.sample_aspect_ratio = source.sample_aspect_ratio
            context.colorspace, context.color_range, context.color_primaries, context.color_trc = its.codes
            matrix = [bytes(data) for data in first.side_data if data.type.name == "DISPLAYMATRIX"]
            if matrix:
                made.set_display_matrix(np.frombuffer(matrix[0], np.int32).tolist())
            _describe(source, made)
            self._video = made
            self._add_others()
            chapters = self._clip.chapters()
            if chapters:
                self._file.set_chapters(chapters)

    def _add_others(self) -> None:
        """Add what is copied, as far as the container takes it."""
        known = self._file.supported_codecs
        for other in self._clip.streams:
            if other is self._stream:
                continue
            name = "" if other.codec_context is None else other.codec_context.codec.canonical_name
            is_cover = other.type == "video" and other.disposition & self._av.stream.Disposition.attached_pic
            if other.type == "data" and "timecode" in other.metadata:
                # Written anew from the metadata of the video.
                self._video.metadata.setdefault("timecode", other.metadata["timecode"])
                continue
            if other.type == "data" and other.metadata.get("handler_name") == CHAPTERS and self._clip.chapters():
                # Written anew with the chapters.
                continue
            if other.type not in COPIED or (other.type == "video" and not is_cover) or name not in known:
                what = f"{other.type} stream{f' ({name})' if name else ''}"
                self.notes.append(f"its {what} cannot be in {self._result.suffix} files, and is left out")
                continue
            self._others[other.index] = made = self._file.add_stream_from_template(other)
            _describe(other, made)

    def show(self, frame: Any) -> None:
        """Add a frame."""
        # The encoder decides which frames stand alone, not the clip's.
        frame.pict_type = 0
        with self._sentence():
            self._file.mux(self._video.encode(frame))

    def copy(self, packet: Any) -> None:
        """Add a packet of another stream, if that is kept."""
        made = self._others.get(packet.stream.index)
        if made is not None:
            packet.stream = made
            with self._sentence():
                self._file.mux(packet)

    def end(self) -> None:
        """Write what the encoder still has, and the file's end."""
        with self._sentence():
            self._file.mux(self._video.encode(None))
            self._file.close()

    def _sentence(self) -> Any:
        return atomic.errors_about(self._result, (self._av.error.FFmpegError,))


def _describe(source: Any, made: Any) -> None:
    """Give a stream the metadata and the role of the one that it is made from."""
    own = ("encoder", "vendor_id", "duration", "bps", "number_of_frames", "number_of_bytes")
    made.metadata.update(
        {
            key: value
            for key, value in source.metadata.items()
            if key.lower().partition("-")[0] not in own and not key.startswith("_STATISTICS")
        }
    )
    made.disposition = source.disposition


def _free(path: Path) -> Path:
    """Return ``path``, or the first of ``path-2``, … that no file has."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_stem(f"{path.stem}-{number}")
    return free
