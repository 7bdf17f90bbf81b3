"""Grades a clip by a lookup table: all frames alike, with everything else in the file unchanged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from verism import atomic
from verism.clip import filters, origin, reading, space
from verism.clip.encoding import ClipEncoding
from verism.clip.kinds import library
from verism.errors import InterruptedClipError, VerismError

COPIED = ("audio", "subtitle", "video")
"""Kinds of streams that are copied to a result unchanged. Of video streams, only cover pictures are copied."""

FORMATS: Mapping[str, str] = {".mkv": "matroska", ".mov": "mov", ".m4v": "mp4", ".mp4": "mp4"}
"""FFmpeg's names of the containers, by file ending."""

MISSING = 0.02
"""Share of a clip's length that may be without pictures before it is noted, since durations are often rounded."""

CHAPTERS = "SubtitleHandler"
"""FFmpeg's name of the track with the titles of chapters in MP4 and QuickTime files."""

USUAL = ClipEncoding()
"""The default encoding of a clip."""

Report = Callable[[int], object]
"""A function that is called with the number of frames finished since the last call."""


@dataclass(frozen=True)
class ClipOutcome:
    """The outcome for a clip.

    Attributes:
        frames: number of frames.
        notes: what could not be read or kept, each to be printed after the file name.
    """

    frames: int
    notes: tuple[str, ...]


def grade(
    path: str | Path,
    result: str | Path,
    table: Tensor,
    encoding: ClipEncoding = USUAL,
    report: Report = lambda _: None,
    made_with: Mapping[str, str] | None = None,
) -> ClipOutcome:
    """Write a clip graded by a lookup table, atomically, replacing any existing file.

    Frames keep their times, even if the frame rate varies. Sound, subtitles, chapters, rotation, timecode and metadata
    are copied. Streams that the result's container does not support are noted. HDR is tone-mapped.

    Args:
        path: the clip.
        result: the file to write, whose ending is one of ``encoding.encoder.containers``.
        table: from sRGB to sRGB, ``(3, n, n, n)``, RGB by blue, green and red.
        encoding: how the result is written.
        report: called after every frame.
        made_with: how the result was made, for the comment in its file.

    Raises:
        VerismError: if the clip cannot be read correctly, or the result cannot be written.
        InterruptedClipError: if Ctrl-C was pressed. The frames finished until then are in a file next to ``result``,
            with ``.partial`` in its name.
    """
    path = Path(path)
    result = Path(result)
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
                partial = atomic.free_name(result.with_stem(f"{result.stem}.partial"))
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
    return ClipOutcome(done, tuple(notes))


def _contents(path: Path, clip: Any, stream: Any, first: Any) -> Iterator[tuple[str, Any]]:
    """Yield a clip's frames, and the packets of the copied streams, in file order.

    Raises:
        VerismError: if the size or colour space changes from one frame to another.
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
    """Writes the file of a result."""

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
        options = {
            # Only QuickTime files support tags beyond the standard ones.
            "mov": {"movflags": "+use_metadata_tags"},
            # Otherwise, FFmpeg assigns random numbers to the file and its tracks.
            "matroska": {"fflags": "+bitexact"},
        }.get(form, {})
        with self._errors():
            self._file = self._av.open(str(draft), "w", format=form, options=options)
        # FFmpeg writes these tags itself, for the container of the result.
        own = ("major_brand", "minor_version", "compatible_brands", "encoder")
        metadata = {key: value for key, value in clip.metadata.items() if key.lower() not in own}
        if made_with:
            said = origin.comment(made_with)
            # In Matroska, tag names are in capitals.
            comment = next((key for key in metadata if key.lower() == "comment"), "comment")
            metadata[comment] = "; ".join(filter(None, (metadata.get(comment), said)))
        self._file.metadata.update(metadata)
        self._video: Any = None
        self._others: dict[int, Any] = {}

    def begin(self, first: Any, its: space.Space, pixels: str) -> None:
        """Add the streams.

        Args:
            first: the first frame of the clip.
            its: the colour space of the result.
            pixels: FFmpeg's name of the result's pixel format.
        """
        source, encoder = self._stream, self._encoder
        rate = source.average_rate or source.guessed_rate or Fraction(25)
        with self._errors():
            made = self._file.add_stream(encoder.name, rate=rate, options=dict(encoder.options))
            made.width, made.height, made.pix_fmt = first.width, first.height, pixels
            context = made.codec_context
            # The clip's own time base, so that frames keep their times if the rate varies.
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
        """Add the streams to copy, and a note for each that the container does not support."""
        known = self._file.supported_codecs
        for other in self._clip.streams:
            if other is self._stream:
                continue
            name = "" if other.codec_context is None else other.codec_context.codec.canonical_name
            is_cover = other.type == "video" and other.disposition & self._av.stream.Disposition.attached_pic
            if other.type == "data" and "timecode" in other.metadata:
                # FFmpeg rewrites it from the metadata of the video stream.
                self._video.metadata.setdefault("timecode", other.metadata["timecode"])
                continue
            if other.type == "data" and other.metadata.get("handler_name") == CHAPTERS and self._clip.chapters():
                # FFmpeg rewrites it with the chapters.
                continue
            if other.type not in COPIED or (other.type == "video" and not is_cover) or name not in known:
                what = f"{other.type} stream{f' ({name})' if name else ''}"
                self.notes.append(f"its {what} cannot be in {self._result.suffix} files, and is left out")
                continue
            self._others[other.index] = made = self._file.add_stream_from_template(other)
            _describe(other, made)

    def show(self, frame: Any) -> None:
        """Add a frame."""
        # Let the encoder choose the keyframes, instead of keeping the clip's.
        frame.pict_type = 0
        with self._errors():
            self._file.mux(self._video.encode(frame))

    def copy(self, packet: Any) -> None:
        """Add a packet of another stream, if that stream is copied."""
        made = self._others.get(packet.stream.index)
        if made is not None:
            packet.stream = made
            with self._errors():
                self._file.mux(packet)

    def end(self) -> None:
        """Write the frames that the encoder still holds, and finish the file."""
        with self._errors():
            self._file.mux(self._video.encode(None))
            self._file.close()

    def _errors(self) -> Any:
        """Return a context that turns FFmpeg's errors into a sentence that names the result."""
        return atomic.errors_about(self._result, (self._av.error.FFmpegError,))


def _describe(source: Any, made: Any) -> None:
    """Give a stream the metadata and the disposition (default, cover picture, …) of its source."""
    own = ("encoder", "vendor_id", "duration", "bps", "number_of_frames", "number_of_bytes")
    made.metadata.update(
        {
            key: value
            for key, value in source.metadata.items()
            if key.lower().partition("-")[0] not in own and not key.startswith("_STATISTICS")
        }
    )
    made.disposition = source.disposition
