"""Samples, as a file has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

RGB, CMYK = 3, 4
"""Channels of a colour; a grey one has 1."""

MOST = 16
"""Samples a pixel that a file may have; those behind the first few are left out, and more are a trap for memory."""


class Samples(NamedTuple):
    """Samples as a file has them, uint8, uint16 or float32: colours ``(H, W, 1, 3 or 4)``, and alpha ``(H, W, 1)``."""

    colors: NDArray[Any]
    alpha: NDArray[Any] | None = None


def of_picture(path: Path, file: Image.Image) -> Samples:
    """Return the first picture's samples, of more than 8 bits where Pillow would cut them off."""
    if file.format == "PNG" and _png_depth(path) > 8:  # noqa: PLR2004
        return _split(imagecodecs.png_decode(path.read_bytes()))
    if file.format == "TIFF" and max(file.tag_v2.get(TiffImagePlugin.BITSPERSAMPLE, (1,))) > 8:  # type: ignore[attr-defined]  # noqa: PLR2004
        with tifffile.TiffFile(path) as tiff:
            return of_page(tiff.pages[0])
    if file.mode == "CMYK":
        return Samples(np.asarray(file))
    return _split(np.asarray(file.convert(_mode(file))))


def _mode(file: Image.Image) -> str:
    """Return the mode of Pillow's in which a picture's samples are those of its file, or as many as it takes."""
    if file.has_transparency_data:
        return "RGBA"
    if file.mode.startswith("I") or file.mode == "F":
        return file.mode
    return "L" if file.mode in ("1", "L") else "RGB"


def of_page(page: Any) -> Samples:
    """Return the samples of a page of tifffile's; raise ``ValueError`` if they are not of a photo."""
    if page.size > MOST * page.imagelength * page.imagewidth:
        raise ValueError(f"a TIFF of {page.shape} samples")
    samples = page.asarray()
    if page.planarconfig == tifffile.PLANARCONFIG.SEPARATE and samples.ndim == 3:  # noqa: PLR2004
        samples = np.moveaxis(samples, 0, -1)
    if samples.shape[:2] != (page.imagelength, page.imagewidth):
        raise ValueError(f"a TIFF of {samples.shape} samples")
    if page.photometric == tifffile.PHOTOMETRIC.SEPARATED:
        return Samples(samples[..., :CMYK])
    if page.photometric == tifffile.PHOTOMETRIC.MINISWHITE:
        samples = np.iinfo(samples.dtype).max - samples
    elif page.photometric not in (tifffile.PHOTOMETRIC.MINISBLACK, tifffile.PHOTOMETRIC.RGB):
        raise ValueError(f"a TIFF of {page.photometric.name.lower()}")
    return _split(samples)


def _split(samples: NDArray[Any]) -> Samples:
    """Return colours and alpha of ``(H, W)`` or ``(H, W, channels)``, the last of 2 or 4 being alpha."""
    if samples.ndim == 2:  # noqa: PLR2004
        samples = samples[:, :, None]
    colors = 1 if samples.shape[2] < RGB else RGB
    alpha = samples[:, :, colors : colors + 1]
    return Samples(_known(samples[:, :, :colors]), _known(alpha) if alpha.size else None)


def _known(samples: NDArray[Any]) -> NDArray[Any]:
    """Return samples as uint8, uint16 or float32."""
    if samples.dtype in (np.uint8, np.uint16, np.float32):
        return samples
    if np.issubdtype(samples.dtype, np.floating):
        return samples.astype(np.float32)
    if samples.dtype == np.int32:
        # Pillow's for greyscale of 16 bits.
        return samples.clip(0, 65535).astype(np.uint16)
    if samples.dtype == np.uint32:
        return (samples >> 16).astype(np.uint16)
    raise ValueError(f"samples of type {samples.dtype}")


def unit(samples: NDArray[Any]) -> NDArray[np.float32]:
    """Return samples in [0, 1]."""
    if samples.dtype == np.float32:
        return samples
    return samples.astype(np.float32) / np.float32(np.iinfo(samples.dtype).max)


def _png_depth(path: Path) -> int:
    with path.open("rb") as file:
        # After the signature: length and name of the first chunk, width, height.
        return file.read(25)[24]
