"""Raw files, developed by LibRaw."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from verism.endings import RAW
from verism.errors import VerismError
from verism.photo_file import metadata
from verism.photo_file.decoded import Decoded
from verism.photo_file.metadata import About, Blocks
from verism.photo_file.samples import Samples
from verism.photo_file.size import check_size

RAWPY = importlib.util.find_spec("rawpy") is not None
"""Whether the package that develops raw files is installed."""

_CFA, _LINEAR_RAW = 32803, 34892
"""Photometric interpretations of sensor data."""

_DNG_VERSION = 50706

_BEGINNINGS = (
    (0, b"FUJIFILMCCD-RAW"),
    (0, b"IIRO"),
    (0, b"IIRS"),
    (0, b"MMOR"),
    (0, b"IIU\0"),
    (0, b"FOVb"),
    (0, b"\0MRM"),
    (6, b"HEAPCCDR"),
    (4, b"ftypcrx "),
    (8, b"CR\2"),
    (8, b"IIII"),
    (8, b"MMMM"),
)
"""Offset and bytes that identify the raw files of each maker."""

_TIFF = (b"II*\0", b"MM\0*")


def begins_as_raw(start: bytes) -> bool:
    """Return whether the first bytes of a file identify a raw file."""
    return any(start[place:].startswith(mark) for place, mark in _BEGINNINGS)


def is_raw_name(path: Path) -> bool:
    """Return whether a file has the ending of a raw file."""
    return path.suffix.lower() in RAW


def is_raw(tags: Any, photometrics: frozenset[int]) -> bool:
    """Return whether a TIFF file is a raw file, by the tags of its first page and the photometrics of all its pages."""
    return _DNG_VERSION in tags or bool(photometrics & {_CFA, _LINEAR_RAW})


def check(path: Path) -> None:
    """Raise ``VerismError`` if the package that develops raw files is missing."""
    if not RAWPY:
        raise VerismError(
            f"{path}: raw files need another package: pip install 'verism[raw]', or export the photo as a TIFF."
        )


def read(path: Path) -> Decoded:
    """Develop a raw file to 16-bit sRGB at full size, with the camera's white balance and exposure.

    Raises:
        VerismError: if the required package is missing, or LibRaw cannot develop the file.
    """
    check(path)
    rawpy: Any = importlib.import_module("rawpy")
    try:
        with rawpy.imread(str(path)) as file:
            check_size(path, file.sizes.iwidth, file.sizes.iheight)
            developed = file.postprocess(
                use_camera_wb=True,
                output_color=rawpy.ColorSpace.sRGB,
                output_bps=16,
                # Keep the exposure. By default, LibRaw brightens each photo depending on its content.
                no_auto_bright=True,
                # sRGB's own curve.
                gamma=(2.4, 12.92),
            )
    except rawpy.LibRawError as error:
        said = error.args[0] if error.args else type(error).__name__
        reason = said.decode("ascii", "replace") if isinstance(said, bytes) else str(said)
        raise VerismError(f"{path}: cannot be developed as a raw file ({reason}); export it as a TIFF.") from error
    return Decoded(Samples(np.asarray(developed)), None, _about(path)._replace(color=None), upright=True)


def _about(path: Path) -> About:
    """Return the metadata of a TIFF-based raw file. For others, return a note that it is not carried over."""
    with path.open("rb") as file:
        if file.read(4) not in _TIFF:
            return About(notes=("of this kind of raw file, no metadata is carried over",))
        file.seek(0)

        def load(exif: Image.Exif) -> None:
            exif.load_from_fp(file)

        return metadata.about(Blocks(load))
