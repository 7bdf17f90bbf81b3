"""The samples of a picture, at their own depth."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from verism.photo_file.unsupported import UnsupportedError

GREY, RGB, CMYK = 1, 3, 4
"""Number of channels of a colour."""


class Samples(NamedTuple):
    """Samples of a picture, uint8, uint16 or float32, at the full range of the type; floats are from 0 to 1.

    Attributes:
        colors: ``(H, W, 1, 3 or 4)``, grey, RGB or CMYK, not premultiplied by alpha.
        alpha: ``(H, W, 1)``. None for an opaque picture.
    """

    colors: NDArray[Any]
    alpha: NDArray[Any] | None = None


def of_pillow(file: Image.Image) -> Samples:
    """Return the samples of a picture opened by Pillow.

    Raises:
        ValueError: if its samples are of a type that photos do not have.
    """
    if file.mode == "CMYK":
        return Samples(np.asarray(file))
    if file.has_transparency_data:
        return split(np.asarray(file.convert("RGBA")))
    if file.mode in ("I", "F") or file.mode.startswith("I;"):
        return split(np.asarray(file))
    return split(np.asarray(file.convert("L" if file.mode in ("1", "L") else "RGB")))


def split(samples: NDArray[Any], bits: int | None = None, *, associated: bool = False) -> Samples:
    """Split ``(H, W)`` or ``(H, W, channels)`` into colours and alpha, the last of 2 or 4 channels.

    Args:
        samples: samples of any type that ``full`` supports.
        bits: as for ``full``.
        associated: whether the colours are premultiplied by alpha, which is undone.

    Raises:
        ValueError: if there are more than 4 channels, or ``full`` does not support the type.
    """
    if samples.ndim == 2:  # noqa: PLR2004
        samples = samples[:, :, None]
    if not 1 <= samples.shape[2] <= RGB + 1:
        raise UnsupportedError(f"{samples.shape[2]} channels")
    count = GREY if samples.shape[2] < RGB else RGB
    colors = full(samples[:, :, :count], bits)
    if samples.shape[2] == count:
        return Samples(colors)
    alpha = full(samples[:, :, count:], bits)
    return Samples(straight(colors, alpha) if associated else colors, alpha)


def full(samples: NDArray[Any], bits: int | None = None) -> NDArray[Any]:
    """Convert samples to uint8, uint16 or float32, at the full range of the type.

    Args:
        samples: booleans, unsigned integers or floats.
        bits: number of used bits of an integer, from the lowest. None for all.

    Raises:
        ValueError: if the samples are signed or complex.
    """
    if samples.dtype == np.bool_:
        return samples.astype(np.uint8) * np.uint8(255)
    if np.issubdtype(samples.dtype, np.floating):
        return samples.astype(np.float32, copy=False)
    if not np.issubdtype(samples.dtype, np.unsignedinteger):
        kind = "signed" if np.issubdtype(samples.dtype, np.signedinteger) else str(samples.dtype)
        raise UnsupportedError(f"{kind} samples")
    bits = bits or samples.dtype.itemsize * 8
    if bits in (8, 16):
        return samples.astype(f"uint{bits}", copy=False)
    if bits > 16:  # noqa: PLR2004
        return (samples >> (bits - 16)).astype(np.uint16)
    most = 255 if bits < 8 else 65535  # noqa: PLR2004
    levels = np.round(np.arange(2**bits) * (most / (2**bits - 1))).astype(np.uint8 if bits < 8 else np.uint16)  # noqa: PLR2004
    scaled: NDArray[Any] = levels[np.minimum(samples, 2**bits - 1)]
    return scaled


def straight(colors: NDArray[Any], alpha: NDArray[Any]) -> NDArray[Any]:
    """Undo the premultiplication of colours by alpha, keeping the type of the colours."""
    opacity = unit(alpha)
    divided = np.divide(unit(colors), opacity, out=np.zeros(colors.shape, np.float32), where=opacity > 0)
    if colors.dtype == np.float32:
        return divided
    most = np.iinfo(colors.dtype).max
    return (divided * most).round().clip(0, most).astype(colors.dtype)


def unit(samples: NDArray[Any]) -> NDArray[np.float32]:
    """Return samples as float32 in [0, 1]."""
    if samples.dtype == np.float32:
        return samples
    return samples.astype(np.float32) / np.float32(np.iinfo(samples.dtype).max)
