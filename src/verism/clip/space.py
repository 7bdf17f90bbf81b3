"""The colour space of a clip: how its samples are converted to RGB, and its RGB to sRGB."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from verism.color.table import over_nodes, through
from verism.errors import VerismError
from verism.photo_file import color
from verism.photo_file.color import SRGB, UNSPECIFIED, Color
from verism.photo_file.icc import from_srgb, to_srgb

MATRICES: Mapping[int, str] = {
    1: "bt709",
    4: "fcc",
    5: "bt470",
    6: "smpte170m",
    7: "smpte240m",
    9: "bt2020",
}
"""Code points of ITU-T H.273, table 4, with swscale's names of the matrices."""

RGB = 0
"""The code point for RGB samples."""

HD = 576
"""Number of lines above which a clip without a specified matrix is read as BT.709, else as BT.601, as in players."""

FULL = 2
"""FFmpeg's code point of full range."""

NODES = 65
"""Number of nodes along each axis of a table that also converts between colour spaces."""

PEAK_NITS = 1000.0
"""Peak luminance of a PQ clip that does not specify one, in cd/m²."""


@dataclass(frozen=True)
class Space:
    """The colour space of a clip's samples.

    Attributes:
        matrix: swscale's name of the matrix from YUV to RGB; "gbr" for RGB.
        full: whether samples have the full range, 0 to 255, rather than the limited range, 16 to 235.
        color: the colour space of its RGB.
        codes: code points of matrix, range, primaries and transfer, as for an encoder.
        peak: peak luminance of PQ, in cd/m².
    """

    matrix: str
    full: bool
    color: Color
    codes: tuple[int, int, int, int]
    peak: float = PEAK_NITS

    @property
    def result(self) -> Space:
        """The space of a graded clip: its own, or BT.709 in limited range if it is HDR, which is tone-mapped."""
        return self if self.color.hdr is None else Space("bt709", False, SRGB, (1, 1, 1, 1))

    def to_srgb(self, signal: NDArray[np.float32]) -> NDArray[np.float32]:
        """Convert the clip's RGB ``(H, W, 3)`` to sRGB like a photo's, both in [0, 1].

        The curve of television cameras is treated as that of sRGB. A single function tone-maps HDR for the whole clip.
        """
        if self.color.hdr is not None:
            return to_srgb(color.sdr(signal, self.color.hdr, self.peak), self.color.profile)
        return to_srgb(signal, self.color.profile) if self.color.profile else signal

    def graded(self, table: Tensor) -> Tensor:
        """Return the table that maps the clip's RGB to that of ``result``, by way of a look from sRGB to sRGB.

        Args:
            table: the look, ``(3, n, n, n)``, RGB by blue, green and red.

        Returns:
            The same table if the clip's RGB is treated as sRGB, otherwise one with ``NODES`` nodes along each axis.
        """
        if self.color == SRGB:
            return table

        def convert(image: Tensor) -> Tensor:
            graded = through(table, _tensor(self.to_srgb(_array(image)))).clamp(0, 1)
            profile = self.result.color.profile
            return _tensor(from_srgb(_array(graded), profile)) if profile else graded

        return over_nodes(NODES, convert)


def of(path: Path, frame: Any) -> Space:
    """Return the colour space of a clip, determined from its first frame.

    Raises:
        VerismError: if its samples are of an unsupported kind.
    """
    matrix, span = int(frame.colorspace), int(frame.color_range)
    primaries, transfer = int(frame.color_primaries), int(frame.color_trc)
    if frame.format.is_rgb:
        name, full, matrix = "gbr", True, RGB
    else:
        if matrix in (RGB, UNSPECIFIED):
            matrix = 1 if frame.height > HD else 6
        if matrix not in MATRICES:
            raise VerismError(
                f"{path}: has samples of a kind that is not read (matrix {matrix} of ITU-T H.273); convert it to "
                "BT.709 first."
            )
        name, full = MATRICES[matrix], span == FULL or frame.format.name.startswith("yuvj")
    kinds = {data.type.name: bytes(data) for data in frame.side_data}
    if "DOVI_RPU_BUFFER" in kinds and transfer == UNSPECIFIED:
        raise VerismError(f"{path}: is Dolby Vision without a picture for other displays; convert it to BT.709 first.")
    try:
        space = color.of_code_points(primaries, transfer) or SRGB
    except ValueError as error:
        raise VerismError(
            f"{path}: has colours of a space that is not known ({error} of ITU-T H.273); convert it to BT.709 first."
        ) from error
    codes = (matrix, FULL if full else 1, primaries, transfer)
    return Space(name, full, space, codes, _peak(kinds))


def _peak(kinds: Mapping[str, bytes]) -> float:
    """Return the peak luminance that a clip specifies, of its content or else its mastering display, in cd/m²."""
    if (data := kinds.get("CONTENT_LIGHT_LEVEL")) is not None:
        (most,) = struct.unpack_from("=I", data)
        if most:
            return float(most)
    if (data := kinds.get("MASTERING_DISPLAY_METADATA")) is not None:
        # FFmpeg's AVMasteringDisplayMetadata: ten fractions, of which the last is the peak, and two flags.
        numbers = struct.unpack_from("=22i", data)
        if numbers[21] and numbers[18] > 0 and numbers[19] > 0:
            return float(numbers[18] / numbers[19])
    return PEAK_NITS


def _array(image: Tensor) -> NDArray[np.float32]:
    return np.ascontiguousarray(image[0].permute(1, 2, 0).numpy(), np.float32)


def _tensor(rows: NDArray[np.float32]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(rows.transpose(2, 0, 1))).unsqueeze(0)
