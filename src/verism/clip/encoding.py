"""How a graded clip is encoded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from verism.clip.kinds import library
from verism.errors import VerismError

Codec = Literal["h264", "prores", "ffv1"]


class Encoder(NamedTuple):
    """One of FFmpeg's encoders.

    Attributes:
        name: FFmpeg's name of the encoder.
        containers: endings of the files that can contain its output, the most general first.
        options: options of the encoder.
    """

    name: str
    containers: tuple[str, ...]
    options: Mapping[str, str]


STEADY = "no-psy=1:trellis=0:deadzone-inter=32:aq-mode=3:aq-strength=1.2:chroma-qp-offset=-3:b-adapt=2"
"""Options of x264 that make compression noise vary less from frame to frame, as measured in ``docs/looks.md``: small
differences between frames are dropped instead of kept as grain; dark, smooth and coloured areas get more bits; and
frames of lower quality are placed where they matter least."""

ENCODERS: Mapping[Codec, Encoder] = {
    # A constant quality at which differences are hard to see.
    "h264": Encoder(
        "libx264", (".mkv", ".mp4", ".m4v", ".mov"), {"crf": "14", "preset": "medium", "x264-params": STEADY}
    ),
    "prores": Encoder("prores_ks", (".mov", ".mkv"), {"vendor": "apl0"}),
    "ffv1": Encoder("ffv1", (".mkv",), {"level": "3", "slicecrc": "1"}),
}
"""The encoders by codec, as named by users."""


class ClipEncoding(NamedTuple):
    """How a clip is written.

    Attributes:
        codec: h264: plays everywhere. prores: for editing programs, larger, in 10 bits. ffv1: lossless, for archives.
        depth: bits per sample, such as 8 for players that support no more; None: as many as the clip has, if the codec
            can have them.
    """

    codec: Codec = "h264"
    depth: int | None = None

    @property
    def encoder(self) -> Encoder:
        """The encoder of the codec."""
        return ENCODERS[self.codec]

    def pixels(self, source: Any) -> str:
        """Return FFmpeg's name of the pixel format for a clip, with at least its bits and chroma if there is one.

        Args:
            source: the clip's own pixel format, a PyAV ``VideoFormat``.

        Raises:
            VerismError: if this build of FFmpeg lacks the encoder.
        """
        av = library()
        try:
            known = {form.name for form in av.Codec(self.encoder.name, "w").video_formats}
        except av.codec.codec.UnknownCodecError as error:
            raise VerismError(f"--output.codec {self.codec}: this build of PyAV cannot write it.") from error
        bits = self.depth or min(max(component.bits for component in source.components), 16)
        if source.is_rgb and self.codec == "ffv1":
            names = {8: "bgr0", 10: "gbrp10le", 12: "gbrp12le", 16: "gbrp16le"}
        else:
            chroma = _chroma(source)
            names = {
                depth: f"yuv{kind}p{'' if depth == 8 else f'{depth}le'}"  # noqa: PLR2004
                for depth in (8, 10, 12, 16)
                for kind in reversed(chroma)
                if f"yuv{kind}p{'' if depth == 8 else f'{depth}le'}" in known  # noqa: PLR2004
            }
        enough = [depth for depth in sorted(names) if depth >= bits]
        return names[enough[0] if enough else max(names)]


def _chroma(source: Any) -> list[str]:
    """Return the chroma subsamplings that preserve all of a clip's chroma, sorted by number of samples."""
    if source.is_rgb:
        return ["444"]
    # Chroma samples for 16 pixels in each direction. A grey clip has none, and any subsampling will do.
    across, down = source.chroma_width(16), source.chroma_height(16)
    grey = len(source.components) == 1
    if grey or (across <= 8 and down <= 8):  # noqa: PLR2004
        return ["420", "422", "444"]
    return ["422", "444"] if across <= 8 else ["444"]  # noqa: PLR2004
