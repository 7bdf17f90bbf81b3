"""Reading photos."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tifffile
import torch
from lightning.pytorch.utilities import rank_zero_info
from numpy.typing import NDArray
from PIL import ExifTags, Image, TiffImagePlugin, UnidentifiedImageError
from torch import Tensor

from verism.color_profile import ProfileError, is_srgb, leads_back, to_srgb
from verism.errors import VerismError
from verism.photo_file import metadata, samples
from verism.photo_file.photo import Photo
from verism.photo_file.samples import CMYK, RGB, Samples

HEIF = importlib.util.find_spec("pillow_heif") is not None
"""Whether the package that reads HEIC is there."""

if HEIF:
    importlib.import_module("pillow_heif").register_heif_opener()

# What it says of a damaged file is said in a sentence.
logging.getLogger("tifffile").setLevel(logging.CRITICAL)

MIN_SIDE = 32
"""The shortest side, in pixels, that is worth looking at: VGG-19's deepest layers see 1/16 of it."""

MEGAPIXELS = 179.0
"""Of the largest photo that is read unless somebody allows more: Pillow's own limit."""


class _File(NamedTuple):
    """What was found in a file; ``orientation`` is EXIF's number for how the samples lie."""

    samples: Samples
    profile: bytes
    orientation: int
    exif: bytes
    xmp: bytes
    iptc: bytes


def limit(megapixels: float) -> None:
    """Have this process refuse photos of more pixels, before it takes the memory for them.

    Raises:
        VerismError: that is none.
    """
    if not megapixels > 0:
        raise VerismError(f"--data.max_megapixels {megapixels}: must be above 0.")
    # Pillow warns from its limit on, and refuses twice as many.
    Image.MAX_IMAGE_PIXELS = max(1, int(megapixels * 1e6 / 2))


def read(path: Path) -> Photo:
    """Read a photo at all the depth that it has, and convert it to sRGB.

    EXIF orientation is applied. Colours are converted from the embedded profile, relative colorimetric; without one,
    values are taken as sRGB. Of an animation, or a file of several pages, it is the first picture.

    Args:
        path: JPEG, PNG, WebP, TIFF, AVIF, … whatever Pillow reads; HEIC with the extra ``heif``.

    Raises:
        VerismError: the file is missing, is no image, is damaged, has a side of less than ``MIN_SIDE`` pixels, or has
            floating-point samples outside of [0, 1], or more pixels than the process's ``limit``.
    """
    if not path.is_file():
        raise VerismError(f"{path}: no such photo.")
    try:
        with warnings.catch_warnings():
            # Of tags and blocks that are damaged, without which a photo is one all the same.
            warnings.simplefilter("ignore")
            file = _opened(path)
        # A damaged file may hold less than it says.
        _check_size(path, *file.samples.colors.shape[1::-1])
    except (VerismError, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise VerismError(
            f"{path}: has more pixels than are read of a file that could be a trap; if it is none, raise "
            f"--data.max_megapixels, which is {2e-6 * (Image.MAX_IMAGE_PIXELS or 0):.0f}."
        ) from error
    except UnidentifiedImageError as error:
        raise VerismError(_unidentified(path)) from error
    except Exception as error:
        # A file of anything can make a decoder raise anything.
        reason = " ".join(str(error).split()) or type(error).__name__
        raise VerismError(f"{path}: cannot be read as an image ({reason}).") from error
    turn = _TURNS.get(file.orientation, _as_it_is)
    colors = turn(file.samples.colors)
    pixels, used = _pixels(path, colors, file.profile)
    alpha = None if file.samples.alpha is None else samples.unit(turn(file.samples.alpha))
    if alpha is not None:
        pixels = alpha * pixels + (1 - alpha)
    return Photo(
        pixels=_tensor(pixels),
        alpha=None if alpha is None or bool((alpha == 1).all()) else _tensor(alpha),
        depth=8 if colors.dtype == np.uint8 else 16,
        profile=used,
        exif=file.exif,
        xmp=metadata.upright(file.xmp),
        iptc=file.iptc,
    )


def _opened(path: Path) -> _File:
    try:
        with Image.open(path) as file:
            _check_size(path, *file.size)
            pictures = getattr(file, "n_frames", 1)
            # Phones put previews and depth maps behind a photo; nobody means those.
            if pictures > 1 and file.format != "MPO":
                rank_zero_info(f"{path}: of its {pictures} pictures, the first is taken.")
            found, exif = samples.of_picture(path, file), file.getexif()
            return _File(
                found,
                file.info.get("icc_profile") or b"",
                exif.get(ExifTags.Base.Orientation, 1),
                metadata.carried(exif),
                file.info.get("xmp") or b"",
                metadata.iptc(file, exif),
            )
    except UnidentifiedImageError:
        if not _is_tiff(path):
            raise
        return _opened_tiff(path)


def _opened_tiff(path: Path) -> _File:
    """Return a TIFF file that Pillow does not know, with what EXIF it has in words."""
    with tifffile.TiffFile(path) as tiff:
        page: Any = tiff.pages[0]
        # A damaged file may have several of each.
        _check_size(path, int(page.imagewidth), int(page.imagelength))
        tags = {tag.code: tag.value for tag in page.tags}
        exif = Image.Exif()
        for tag, value in tags.items():
            if isinstance(value, str):
                exif[tag] = value
        orientation = int(tags.get(ExifTags.Base.Orientation, 1))
        return _File(
            samples.of_page(page),
            page.iccprofile or b"",
            orientation,
            metadata.carried(exif),
            tags.get(TiffImagePlugin.XMP, b""),
            b"",
        )


def _check_size(path: Path, width: int, height: int) -> None:
    if Image.MAX_IMAGE_PIXELS is not None and width * height > 2 * Image.MAX_IMAGE_PIXELS:
        raise Image.DecompressionBombError
    if min(width, height) < MIN_SIDE:
        raise VerismError(f"{path}: {width}×{height} pixels are too few; a photo needs at least {MIN_SIDE} a side.")


def _is_tiff(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def _pixels(path: Path, colors: NDArray[Any], profile: bytes) -> tuple[NDArray[np.float32], bytes]:
    """Return sRGB ``(H, W, 3)`` in [0, 1], and the profile if results can be in its space."""
    # Also refuses NaN, which compares false; whole numbers cannot be outside.
    if colors.dtype == np.float32 and not bool(((colors >= 0) & (colors <= 1)).all()):
        raise VerismError(f"{path}: has floating-point samples outside of [0, 1]; scale them before.")
    channels = colors.shape[2]
    if profile:
        try:
            if channels != RGB or not is_srgb(profile):
                return to_srgb(colors, profile), profile if channels == RGB and leads_back(profile) else b""
        except ProfileError as error:
            rank_zero_info(f"{path}: its colour profile cannot be used ({error}); values are taken as sRGB.")
    unit = samples.unit(colors)
    if channels == CMYK:
        return (1 - unit[..., :RGB]) * (1 - unit[..., RGB:]), b""
    return np.broadcast_to(unit, (*unit.shape[:2], RGB)), b""


def _as_it_is(rows: NDArray[Any]) -> NDArray[Any]:
    return rows


def _transposed(rows: NDArray[Any]) -> NDArray[Any]:
    return rows.swapaxes(0, 1)


def _tensor(rows: NDArray[np.float32]) -> Tensor:
    return torch.from_numpy(np.require(rows.transpose(2, 0, 1), requirements=["C", "W"])).unsqueeze(0)


def _unidentified(path: Path) -> str:
    if path.suffix.lower() in (".heic", ".heif") and not HEIF:
        return f"{path}: HEIC is read with another package: pip install 'verism[heif]'."
    return f"{path}: not an image in a format that can be read (JPEG, PNG, WebP, TIFF, AVIF, …)."


_TURNS: Mapping[int, Callable[[NDArray[Any]], NDArray[Any]]] = {
    2: np.fliplr,
    3: partial(np.rot90, k=2),
    4: np.flipud,
    5: _transposed,
    6: partial(np.rot90, k=-1),
    7: lambda rows: np.rot90(_transposed(rows), 2),
    8: np.rot90,
}
"""EXIF's orientations, by their numbers."""
