"""Synthetic clips, made by PyAV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

BT709, BT601 = (0.2126, 0.0722), (0.299, 0.114)
"""Weights of red and blue in luma (ITU-T H.273, table 4)."""


def yuv(rgb: NDArray[Any], weights: tuple[float, float] = BT709, bits: int = 8, *, full: bool = False) -> NDArray[Any]:
    """Return samples of Y, Cb and Cr of RGB in [0, 1], by the equations of ITU-T H.273; ``(…, 3)``."""
    red, blue = weights
    y = rgb @ np.array([red, 1 - red - blue, blue])
    cb, cr = (rgb[..., 2] - y) / (2 - 2 * blue), (rgb[..., 0] - y) / (2 - 2 * red)
    unit = 2 ** (bits - 8)
    scale = (2**bits - 1, 2**bits - 1) if full else (219 * unit, 224 * unit)
    offset = 0 if full else 16 * unit
    planes = [y * scale[0] + offset, *(chroma * scale[1] + 2 ** (bits - 1) for chroma in (cb, cr))]
    found: NDArray[Any] = np.rint(np.clip(np.stack(planes, axis=-1), 0, 2**bits - 1))
    return found


def frame(samples: NDArray[Any], form: str, pts: int) -> av.VideoFrame:
    """Return a frame of constant or full-size chroma of samples ``(H, W, 3)``; chroma is taken at the even places."""
    made = av.VideoFrame(samples.shape[1], samples.shape[0], form)
    for number, plane in enumerate(made.planes):
        step = samples.shape[1] // plane.width, samples.shape[0] // plane.height
        values = samples[:: step[1], :: step[0], number]
        kind = np.uint8 if plane.line_size < 2 * plane.width or form.endswith("p") else np.uint16
        rows = np.zeros((plane.height, plane.line_size // kind().itemsize), kind)
        rows[:, : plane.width] = values
        plane.update(rows.tobytes())
    made.pts = pts
    return made


def write(
    path: Path,
    pictures: Sequence[NDArray[Any]],
    form: str = "yuv444p",
    codes: tuple[int, int, int, int] = (1, 1, 1, 1),
    *,
    codec: str = "ffv1",
    crf: int = 0,
    times: Sequence[int] | None = None,
    time_base: Fraction = Fraction(1, 25),
    metadata: Mapping[str, str] | None = None,
    stream_metadata: Mapping[str, str] | None = None,
    rotation: int = 0,
    sound: bool = False,
    subtitles: bool = False,
    chapters: bool = False,
) -> Path:
    """Write a clip of samples ``(H, W, 3)`` of Y, Cb and Cr, with code points of matrix, range, primaries, transfer.

    H.264 is lossless unless ``crf`` is above 0.
    """
    with av.open(str(path), "w") as file:
        file.metadata.update(metadata or {})
        stream: Any = file.add_stream(codec, rate=25, options={"crf": str(crf)} if codec == "libx264" else {})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = form
        context = stream.codec_context
        stream.time_base = context.time_base = time_base
        context.colorspace, context.color_range, context.color_primaries, context.color_trc = codes
        stream.metadata.update(stream_metadata or {})
        if rotation:
            stream.set_display_rotation(rotation)
        audio: Any = file.add_stream("aac", rate=48000, layout="mono") if sound else None
        words: Any = file.add_mux_stream("subrip") if subtitles else None
        if chapters:
            file.set_chapters(
                [{"id": 1, "start": 0, "end": 40, "time_base": Fraction(1, 1000), "metadata": {"title": "Begin"}}]
            )
        for number, picture in enumerate(pictures):
            file.mux(stream.encode(frame(picture, form, times[number] if times else number)))
        file.mux(stream.encode(None))
        if audio is not None:
            wave = (0.1 * np.sin(np.arange(4800) / 20)).astype(np.float32)
            heard = av.AudioFrame.from_ndarray(wave[None], format="fltp", layout="mono")
            heard.sample_rate, heard.pts = 48000, 0
            file.mux([*audio.encode(heard), *audio.encode(None)])
        if words is not None:
            packet = av.Packet(b"Hello")
            packet.stream, packet.time_base = words, Fraction(1, 1000)
            packet.pts = packet.dts = 0
            packet.duration = 80
            file.mux(packet)
    return path


def packets(path: Path, kind: str) -> list[bytes]:
    """Return what the packets of the first stream of a kind hold."""
    with av.open(str(path)) as file:
        stream = next(stream for stream in file.streams if stream.type == kind)
        return [bytes(packet) for packet in file.demux(stream) if packet.size]


def read(path: Path) -> tuple[list[list[NDArray[Any]]], list[Fraction]]:
    """Return the samples of a clip's frames, ``(H, W)`` of each plane in a list, and their times in seconds."""
    planes, times = [], []
    shown: Any
    with av.open(str(path)) as file:
        for shown in file.decode(video=0):
            planes.append([samples(plane, shown.format) for plane in shown.planes])
            times.append(shown.pts * shown.time_base)
    return planes, times


def samples(plane: Any, form: Any) -> NDArray[Any]:
    kind = np.uint8 if form.components[0].bits == 8 else np.uint16
    rows = np.frombuffer(bytes(plane), kind).reshape(plane.height, -1)
    return rows[:, : plane.width].astype(float)
