"""Reads photos."""

from __future__ import annotations

import importlib
import importlib.util
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from verism.errors import VerismError, in_words
from verism.inform import rank_zero_info
from verism.missing import check_file
from verism.photo_file import color, heif, jpeg, jpeg_xl, other, png, raw, samples, tiff, webp
from verism.photo_file.boxes import brands
from verism.photo_file.color import Color
from verism.photo_file.decoded import Decoded
from verism.photo_file.gamut import InSrgb, brought_in
from verism.photo_file.icc import ProfileError, is_rgb, is_srgb, leads_back
from verism.photo_file.photo import Photo
from verism.photo_file.samples import CMYK, GREY, RGB
from verism.photo_file.size import check_size, pillow_limited, too_large
from verism.photo_file.transparency import filled
from verism.photo_file.unsupported import UnsupportedError

HEIF = importlib.util.find_spec("pillow_heif") is not None
"""Whether the package that reads HEIC is installed."""

if HEIF:
    importlib.import_module("pillow_heif").register_heif_opener()

START = 512
"""Number of bytes at the start of a file that identify its format."""

JUST_OUTSIDE = 0.25
"""How far floating-point samples may be outside [0, 1] to be clipped: up to this, they are highlights; beyond it, the
scale must be different."""


def read(path: str | Path, white: float | None = None, *, least: int | None = None) -> Photo:
    """Read a photo at its full depth, and convert it to sRGB.

    The orientation is applied. Colours are converted from the space that the file specifies, with relative colorimetric
    intent: by an ICC profile, by code points (PNG's cICP, AVIF's and HEIC's nclx), by gamma and chromaticities, or by
    EXIF's Adobe RGB. Without any of these, values are interpreted as sRGB. HDR is tone-mapped (``color.sdr``). Only the
    first frame or page is read. Damaged metadata is left out, which is reported.

    Args:
        path: JPEG, PNG, WebP, TIFF, AVIF, JPEG XL, …; HEIC with the extra ``heif``, raw files with ``raw``.
        white: the value of white in floating-point samples; greater values are clipped. None for 1, with only values
            just outside [0, 1] clipped.
        least: the photo will be shown small, and may be read at a reduced size if that is faster (JPEG), with at least
            this many pixels on each side. None for full size.

    Raises:
        VerismError: if the file is missing, empty, not an image, or damaged; has a side of less than ``MIN_SIDE``
            pixels, more pixels than ``limited`` allows, or floating-point samples far outside [0, 1]; is of an
            unsupported kind; or if ``white`` is not above 0.
    """
    path = Path(path)
    if white is not None and not 0 < white < float("inf"):
        raise VerismError(f"--data.white {white}: must be above 0.")
    check_file(path)
    try:
        # In this order: the first lock keeps two threads from restoring each other's warnings.
        with pillow_limited(), tiff.without_messages(), warnings.catch_warnings():
            # Decoders warn about damage that does not prevent a photo from being read.
            warnings.simplefilter("ignore")
            file = _decoded(path, least)
        # A damaged file may contain fewer pixels than it declares.
        check_size(path, *file.samples.colors.shape[1::-1])
    except (VerismError, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise too_large(path) from error
    except UnidentifiedImageError as error:
        raise VerismError(_unidentified(path)) from error
    except Exception as error:
        # A damaged file can make a decoder raise any exception.
        damaged = "" if isinstance(error, UnsupportedError) else "; the file seems damaged or incomplete: copy it again"
        raise VerismError(f"{path}: cannot be read as an image ({in_words(error)}){damaged}.") from error
    if file.pictures > 1:
        rank_zero_info(f"{path}: only the first of its {file.pictures} pictures is used.")
    return converted(path, file, white)


def converted(path: Path | str, file: Decoded, white: float | None = None) -> Photo:
    """Convert a decoded photo to sRGB, and turn it upright.

    Args:
        path: name of the photo in messages.
        file: the decoded file.
        white: the value of white in floating-point samples, as for ``read``.

    Raises:
        VerismError: if there are floating-point samples far outside [0, 1].
    """
    for note in (*file.notes, *file.about.notes):
        rank_zero_info(f"{path}: {note}.")
    turn = _as_it_is if file.upright else _TURNS.get(file.about.orientation, _as_it_is)
    colors = _in_range(path, turn(file.samples.colors), white)
    (pixels, beyond, lost), used = _pixels(path, colors, file.space)
    photo, alpha = _tensor(pixels), None
    if file.samples.alpha is not None:
        opacity = _tensor(np.clip(np.nan_to_num(samples.unit(turn(file.samples.alpha)), nan=1.0), 0, 1))
        alpha = None if bool((opacity == 1).all()) else opacity
    return Photo(
        pixels=photo if alpha is None else filled(photo, alpha),
        alpha=alpha,
        depth=8 if colors.dtype == np.uint8 else 16,
        profile=used,
        exif=file.about.exif,
        xmp=file.about.xmp,
        iptc=file.about.iptc,
        texts=file.about.texts,
        lost=None if lost is None else _tensor(lost),
        beyond=beyond,
    )


def is_photo(path: str | Path) -> bool:
    """Return whether a file starts like a photo in any supported format. It may still be damaged."""
    path = Path(path)
    try:
        if _reader(path) is other.read:
            with pillow_limited(), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                other.check(path)
    except Image.DecompressionBombError:
        return True
    except (OSError, SyntaxError, ValueError):
        return False
    return True


def check_header(path: str | Path) -> None:
    """Check cheaply that a photo can be read, without looking at its pixels.

    Raises:
        VerismError: if the file is missing or empty, does not start like a photo, or needs a package that is not
            installed.
    """
    path = Path(path)
    check_file(path)
    if not is_photo(path) or (_reader(path) is _heic and not HEIF):
        raise VerismError(_unidentified(path))
    if _reader(path) is raw.read or raw.is_raw_name(path):
        raw.check(path)


def _decoded(path: Path, least: int | None) -> Decoded:
    reader = _reader(path)
    return jpeg.read(path, least) if reader is jpeg.read else reader(path)


def _reader(path: Path) -> Callable[[Path], Decoded]:
    """Return the reader for a file's format, chosen by its first bytes."""
    with path.open("rb") as file:
        start = file.read(START)
    return next(reader for is_of_format, reader in _READERS if is_of_format(start))


def _heic(path: Path) -> Decoded:
    if not HEIF:
        raise UnidentifiedImageError
    return heif.read_heic(path)


def _begins(*beginnings: bytes) -> Callable[[bytes], bool]:
    return lambda start: start.startswith(beginnings)


def _has_brand(*names: bytes) -> Callable[[bytes], bool]:
    return lambda start: bool(brands(start).intersection(names))


_READERS: Sequence[tuple[Callable[[bytes], bool], Callable[[Path], Decoded]]] = (
    (raw.begins_as_raw, raw.read),
    (_begins(b"\xff\xd8\xff"), jpeg.read),
    (_begins(png.SIGNATURE), png.read),
    (lambda start: start[:4] == b"RIFF" and start[8:12] == b"WEBP", webp.read),
    (_begins(*tiff.BEGINNINGS), tiff.read),
    (_has_brand(b"avif", b"avis"), heif.read_avif),
    (_has_brand(b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), _heic),
    (_begins(jpeg_xl.SIGNATURE, jpeg_xl.CODESTREAM), jpeg_xl.read),
    (lambda _: True, other.read),
)
"""For each format, a test of a file's first bytes, and its reader. The first match is used."""


def _in_range(path: Path | str, colors: NDArray[Any], white: float | None) -> NDArray[Any]:
    """Return integer samples unchanged, and floating-point samples divided by ``white`` and clipped to [0, 1].

    Raises:
        VerismError: if some are far outside [0, 1], or not finite.
    """
    if colors.dtype != np.float32:
        return colors
    scaled = colors if white is None else colors / np.float32(white)
    least, most = float(scaled.min()), float(scaled.max())
    if least >= 0 and most <= 1:
        return scaled
    # Also rejects NaN, which compares false.
    upper = 1 + JUST_OUTSIDE if white is None else float("inf")
    if not (least >= -JUST_OUTSIDE and most <= upper) or most == float("inf"):
        raise VerismError(
            f"{path}: has floating-point samples outside of [0, 1]; scale them, or give the value that "
            f"means white with --data.white (they go from {least:g} to {most:g})."
        )
    rank_zero_info(f"{path}: its floating-point samples go from {least:g} to {most:g}; they are clipped to [0, 1].")
    return np.clip(scaled, 0, 1)


def _pixels(path: Path | str, colors: NDArray[Any], space: Color) -> tuple[InSrgb, bytes]:
    """Convert colours to sRGB ``(H, W, 3)``. Also return the photo's profile if results can be written in its space."""
    channels = colors.shape[2]
    if space.hdr is not None and channels != CMYK:
        rank_zero_info(f"{path}: its HDR ({space.hdr}) is tone-mapped to the range of sRGB.")
        light = color.sdr(_three(samples.unit(colors)), space.hdr)
        return brought_in(light, space.profile, keep=False), b""
    if space.profile:
        try:
            return _converted(colors, space)
        except ProfileError as error:
            rank_zero_info(f"{path}: its colour profile cannot be used ({error}); values are taken as sRGB.")
    unit = samples.unit(colors)
    if channels == CMYK:
        unit = (1 - unit[..., :RGB]) * (1 - unit[..., RGB:])
    return InSrgb(_three(unit), 0.0, None), b""


def _converted(colors: NDArray[Any], space: Color) -> tuple[InSrgb, bytes]:
    """Like ``_pixels``, for a space with a profile. Raises ``ProfileError`` if the profile is unusable."""
    channels = colors.shape[2]
    if channels == RGB and is_srgb(space.profile):
        return InSrgb(samples.unit(colors), 0.0, None), b""
    if channels == GREY and is_rgb(space.profile):
        # A grey picture in an RGB space has equal red, green and blue.
        return brought_in(_three(samples.unit(colors)), space.profile, keep=False), b""
    is_kept = channels == RGB and leads_back(space.profile)
    return brought_in(colors, space.profile, keep=is_kept), space.profile if is_kept else b""


def _three(unit: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.broadcast_to(unit, (*unit.shape[:2], RGB))


def _as_it_is(rows: NDArray[Any]) -> NDArray[Any]:
    return rows


def _transposed(rows: NDArray[Any]) -> NDArray[Any]:
    return rows.swapaxes(0, 1)


def _tensor(rows: NDArray[np.floating[Any]]) -> Tensor:
    return torch.from_numpy(np.require(rows.transpose(2, 0, 1), requirements=["C", "W"])).unsqueeze(0)


def _unidentified(path: Path) -> str:
    if not HEIF and (path.suffix.lower() in (".heic", ".heif") or _is_heic(path)):
        return f"{path}: HEIC is read with another package: pip install 'verism[heif]'."
    if raw.is_raw_name(path):
        return f"{path}: not a raw file of a kind that can be developed; export it as a TIFF."
    return f"{path}: not an image in a format that can be read (JPEG, PNG, WebP, TIFF, AVIF, JPEG XL, …)."


def _is_heic(path: Path) -> bool:
    with path.open("rb") as file:
        return bool(brands(file.read(START)))


_TURNS: Mapping[int, Callable[[NDArray[Any]], NDArray[Any]]] = {
    2: np.fliplr,
    3: partial(np.rot90, k=2),
    4: np.flipud,
    5: _transposed,
    6: partial(np.rot90, k=-1),
    7: lambda rows: np.rot90(_transposed(rows), 2),
    8: np.rot90,
}
"""For each EXIF orientation, a function that turns the picture upright."""
