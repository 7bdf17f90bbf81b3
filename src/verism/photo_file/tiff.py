"""TIFF files of all kinds, decoded by tifffile."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import ExifTags, Image, TiffImagePlugin
from tifffile import PHOTOMETRIC

from verism.photo_file import color, metadata, raw
from verism.photo_file.color import SRGB, Color
from verism.photo_file.decoded import Decoded
from verism.photo_file.icc import lab_to_srgb
from verism.photo_file.metadata import About, Blocks
from verism.photo_file.samples import CMYK, GREY, RGB, Samples, full, straight
from verism.photo_file.size import check_size
from verism.photo_file.unsupported import UnsupportedError

BEGINNINGS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

MOST = 16
"""Maximum number of samples per pixel, more than any photo has. A malicious file could exhaust memory with more."""

PAGES = 1000
"""Maximum number of pages that are searched for the photo."""

_BITS, _SAMPLE_FORMAT, _COLOR_MAP, _INK_SET, _DOT_RANGE = 258, 339, 320, 332, 336
_TRANSFER, _WHITE, _PRIMARIES, _YCBCR, _REFERENCE, _PHOTOSHOP = 301, 318, 319, 529, 532, 34377

_UNSIGNED, _SIGNED, _FLOAT, _VOID = 1, 2, 3, 4
"""Sample formats."""

_CMYK_INKS = 1

_ASSOCIATED, _UNASSOCIATED = 1, 2
"""Extra samples that are alpha. Others are a scanner's infrared channel, a saved selection and similar."""

_JPEG = frozenset({6, 7, 34892, 33007})
"""Compressions whose decoder converts YCbCr to RGB."""


class _Layout(NamedTuple):
    """How the samples of a page are stored.

    Attributes:
        bits: number of bits per sample.
        is_float: whether samples are floating-point numbers.
        is_signed: whether samples are signed integers.
    """

    bits: int
    is_float: bool
    is_signed: bool


@contextmanager
def without_messages() -> Iterator[None]:
    """Suppress tifffile's own messages about damage, which is reported in one sentence. Not thread-safe."""
    logger = logging.getLogger("tifffile")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


def read(path: Path) -> Decoded:
    """Read a TIFF file. A TIFF-based raw file is developed.

    Raises:
        ValueError: if its samples are of an unsupported kind.
        VerismError: if it is a raw file that cannot be developed, or too small.
    """
    with tifffile.TiffFile(path) as file:
        pages = list(islice(_pages(file.pages), PAGES))
        first: Any = file.pages[0]
        if raw.is_raw_name(path) or raw.is_raw(first.tags, frozenset(int(page.photometric) for page in pages)):
            return raw.read(path)
        page = next((page for page in pages if not page.is_reduced and not page.is_mask), first)
        check_size(path, int(page.imagewidth), int(page.imagelength))
        samples = of_page(page)
        own_space, notes = _space(page)
        about = _about(path, first)
        orientation = metadata.orientation_of(_value(page, ExifTags.Base.Orientation, metadata.UPRIGHT))
        pictures = sum(not page.is_reduced and not page.is_mask and not page.is_subifd for page in pages)
    if page.photometric in (PHOTOMETRIC.CIELAB, PHOTOMETRIC.ICCLAB):
        # The samples have already been converted.
        own_space = SRGB
    return Decoded(samples, own_space, about._replace(orientation=orientation), pictures=pictures, notes=notes)


def _pages(pages: Any) -> Iterator[Any]:
    """Yield the pages, each followed by its subpages, up to the first damaged page."""
    place = 0
    while True:
        try:
            page = pages[place]
        except Exception:  # There are no more pages, or the next one is damaged.
            return
        if isinstance(page, tifffile.TiffPage):
            yield page
            try:
                below = page.pages
            except Exception:  # Any kind of damage.
                below = None
            if below is not None:
                yield from islice(_pages(below), PAGES)
        place += 1


def _value(page: Any, tag: int, otherwise: Any = None) -> Any:
    """Return the value of a tag, or ``otherwise`` if it is missing or damaged."""
    try:
        return page.tags[tag].value if tag in page.tags else otherwise
    except Exception:  # Any kind of damage.
        return otherwise


def of_page(page: Any) -> Samples:
    """Return the samples of a page.

    Raises:
        ValueError: if they are of an unsupported kind.
    """
    if page.size > MOST * page.imagelength * page.imagewidth:
        raise UnsupportedError(f"a TIFF of {page.shape} samples")
    if page.photometric not in _COLORS:
        name = getattr(page.photometric, "name", page.photometric)
        raise UnsupportedError(f"a TIFF of {str(name).lower()}")
    layout = _layout(page)
    samples = page.asarray()
    if page.planarconfig == tifffile.PLANARCONFIG.SEPARATE and samples.ndim == 3:  # noqa: PLR2004
        samples = np.moveaxis(samples, 0, -1)
    if samples.ndim == 2:  # noqa: PLR2004
        samples = samples[..., None]
    count, convert = _COLORS[page.photometric]
    if samples.ndim != 3 or samples.shape[:2] != (page.imagelength, page.imagewidth) or samples.shape[2] < count:  # noqa: PLR2004
        raise UnsupportedError(f"a TIFF of {samples.shape} samples")
    extras = [int(extra) for extra in page.extrasamples]
    alphas = [place for place, extra in enumerate(extras) if extra in (_ASSOCIATED, _UNASSOCIATED)]
    colors = convert(samples[..., :count], page, layout)
    if not alphas or count + alphas[0] >= samples.shape[2]:
        return Samples(colors)
    alpha = _full(samples[..., count + alphas[0], None], layout)
    if extras[alphas[0]] == _ASSOCIATED:
        if page.photometric not in _MULTIPLIED:
            raise UnsupportedError(f"a TIFF of {page.photometric.name.lower()} that is multiplied by its alpha")
        colors = straight(colors, alpha)
    return Samples(colors, alpha)


def _layout(page: Any) -> _Layout:
    """Return how the samples are stored.

    Raises:
        ValueError: if the channels are stored in different ways, or in an unsupported way.
    """
    bits, formats = _all(page, _BITS, page.bitspersample), _all(page, _SAMPLE_FORMAT, _UNSIGNED)
    if len(bits) > 1 or len(formats) > 1:
        raise UnsupportedError("a TIFF whose channels are stored in different ways")
    (form,) = formats
    if form not in (_UNSIGNED, _SIGNED, _FLOAT, _VOID):
        raise UnsupportedError("a TIFF of complex samples")
    return _Layout(int(page.bitspersample), is_float=form == _FLOAT, is_signed=form == _SIGNED)


def _all(page: Any, tag: int, otherwise: int) -> frozenset[int]:
    value = _value(page, tag, otherwise)
    return frozenset(int(item) for item in (value if isinstance(value, (tuple, bytes)) else (value,)))


def _full(samples: NDArray[Any], layout: _Layout) -> NDArray[Any]:
    if layout.is_signed:
        raise UnsupportedError("signed samples")
    return full(samples, None if layout.is_float or samples.dtype == np.bool_ else layout.bits)


def _plain(samples: NDArray[Any], _: Any, layout: _Layout) -> NDArray[Any]:
    return _full(samples, layout)


def _white_is_zero(samples: NDArray[Any], _: Any, layout: _Layout) -> NDArray[Any]:
    found = _full(samples, layout)
    return 1 - found if found.dtype == np.float32 else np.iinfo(found.dtype).max - found


def _palette(samples: NDArray[Any], page: Any, layout: _Layout) -> NDArray[Any]:
    table = np.asarray(_value(page, _COLOR_MAP))
    if layout.is_float or layout.is_signed or table.dtype != np.uint16 or table.shape[0] != RGB:
        raise ValueError("a TIFF of a palette that is damaged")
    if table.max() <= 255:  # noqa: PLR2004
        # Some programs write 8-bit values where 16-bit ones are required, which all readers tolerate.
        table = table.astype(np.uint8)
    elif bool(((table >> 8) * 257 == table).all()) or not bool((table & 255).any()):
        table = (table >> 8).astype(np.uint8)
    found: NDArray[Any] = table.T[samples[..., 0]]
    return found


def _ycbcr(samples: NDArray[Any], page: Any, layout: _Layout) -> NDArray[Any]:
    """Convert to RGB by the coefficients and range given in the file (TIFF 6.0, section 21)."""
    found = _full(samples, layout)
    if page.compression in _JPEG:
        return found
    if found.dtype != np.uint8:
        raise UnsupportedError("a TIFF of YCbCr of more than 8 bits")
    red, green, blue = _numbers(page, _YCBCR, (0.299, 0.587, 0.114))
    low, high, *chroma = _numbers(page, _REFERENCE, (0, 255, 128, 255, 128, 255))
    value = found.astype(np.float32)
    luma = (value[..., 0] - low) * 255 / (high - low)
    to_blue, to_red = (
        (value[..., 1 + i] - chroma[2 * i]) * 127 / (chroma[2 * i + 1] - chroma[2 * i]) for i in range(2)
    )
    r = luma + (2 - 2 * red) * to_red
    b = luma + (2 - 2 * blue) * to_blue
    g = (luma - red * r - blue * b) / green
    return np.stack([r, g, b], axis=2).round().clip(0, 255).astype(np.uint8)


def _inks(samples: NDArray[Any], page: Any, layout: _Layout) -> NDArray[Any]:
    most = 2**layout.bits - 1
    dots = _all(page, _DOT_RANGE, most) | {0}
    if _value(page, _INK_SET, _CMYK_INKS) != _CMYK_INKS or dots != {0, most}:
        raise UnsupportedError("a TIFF of inks other than CMYK")
    return _full(samples, layout)


def _lab(samples: NDArray[Any], page: Any, layout: _Layout) -> NDArray[Any]:
    """Convert CIE L*a*b* under D50 to sRGB, with a* and b* signed (TIFF) or offset by 128 (ICC)."""
    if layout.is_float or layout.bits not in (8, 16):
        raise UnsupportedError("a TIFF of L*a*b* that has neither 8 nor 16 bits")
    scale, most = 2.0 ** (layout.bits - 8), 2**layout.bits - 1
    unsigned, signed = np.dtype(f"uint{layout.bits}"), np.dtype(f"int{layout.bits}")
    lightness = samples[..., :1].astype(unsigned).astype(np.float32)
    if page.photometric == PHOTOMETRIC.ICCLAB:
        chroma = samples[..., 1:].astype(unsigned).astype(np.float32) / scale - 128
        # The range of 16-bit values ends at 0xFF00.
        lightness = np.minimum(lightness * (100 / (255 * scale)), 100)
    else:
        chroma = samples[..., 1:].astype(signed).astype(np.float32) / scale
        lightness = lightness * (100 / most)
    found = lab_to_srgb(np.concatenate([lightness, chroma], axis=2))
    # At the depth of the samples, so that results are also written at that depth.
    levels: NDArray[Any] = (found * most).round().astype(unsigned)
    return levels


def _numbers(page: Any, tag: int, otherwise: Sequence[float]) -> list[float]:
    """Return the numbers of a tag, or ``otherwise``. Fractions alternate numerators and denominators."""
    value = _value(page, tag)
    flat = [float(item) for item in value] if isinstance(value, tuple) else []
    if len(flat) == 2 * len(otherwise):
        flat = [above / below if below else 0.0 for above, below in zip(flat[::2], flat[1::2], strict=True)]
    return flat if len(flat) == len(otherwise) else list(otherwise)


_COLORS: Mapping[int, tuple[int, Callable[[NDArray[Any], Any, _Layout], NDArray[Any]]]] = {
    PHOTOMETRIC.MINISWHITE: (GREY, _white_is_zero),
    PHOTOMETRIC.MINISBLACK: (GREY, _plain),
    PHOTOMETRIC.RGB: (RGB, _plain),
    PHOTOMETRIC.PALETTE: (1, _palette),
    PHOTOMETRIC.SEPARATED: (CMYK, _inks),
    PHOTOMETRIC.YCBCR: (RGB, _ycbcr),
    PHOTOMETRIC.CIELAB: (RGB, _lab),
    PHOTOMETRIC.ICCLAB: (RGB, _lab),
}
"""For each photometric interpretation, the number of channels, and the function that converts to grey, RGB or CMYK."""

_MULTIPLIED = frozenset({PHOTOMETRIC.MINISBLACK, PHOTOMETRIC.RGB, PHOTOMETRIC.SEPARATED})
"""Photometric interpretations in which premultiplication by alpha can be undone."""


def _space(page: Any) -> tuple[Color | None, tuple[str, ...]]:
    """Return the colour space: an ICC profile, or primaries and a transfer function (TIFF 6.0, section 20)."""
    profile = _value(page, TiffImagePlugin.ICCPROFILE)
    if isinstance(profile, bytes) and profile:
        return Color(profile), ()
    if _PRIMARIES not in page.tags or page.photometric not in (PHOTOMETRIC.RGB, PHOTOMETRIC.YCBCR):
        return None, ()
    try:
        corners, white = _numbers(page, _PRIMARIES, (0,) * 6), _numbers(page, _WHITE, (0.3127, 0.3290))
        table = np.asarray(_value(page, _TRANSFER), np.float64) if _TRANSFER in page.tags else None
        if table is None:
            return color.of_chromaticities(corners, white), ()
        rows = table if table.ndim == 2 else table[None]  # noqa: PLR2004
        if not bool((rows == rows[0]).all()):
            raise ValueError("three transfer functions")
        return color.of_table(corners, white, rows[0] / 65535), ()
    except (ValueError, TypeError):
        return None, ("its primaries and transfer function cannot be used; values are taken as sRGB",)


def _about(path: Path, page: Any) -> About:
    """Return the metadata of the first page, which holds it even if another page is the photo."""
    damaged = []
    packet, records = (
        _as_bytes(_value(page, tag, b"")) for tag in (TiffImagePlugin.XMP, TiffImagePlugin.IPTC_NAA_CHUNK)
    )
    if not records:
        try:
            records = metadata.iptc_of(_as_bytes(_value(page, _PHOTOSHOP, b"")))
        except ValueError:
            damaged.append("IPTC")
    with path.open("rb") as file:

        def load(exif: Image.Exif) -> None:
            if page.parent.is_bigtiff:
                _load_big(exif, page)
            else:
                exif.load_from_fp(file)

        return metadata.about(Blocks(load, xmp=packet, iptc=records, damaged=tuple(damaged)))


def _load_big(exif: Image.Exif, page: Any) -> None:
    """Load the EXIF fields of a BigTIFF that tifffile can read, since Pillow cannot read BigTIFF."""
    for tag in page.tags:
        value = _value(page, tag.code)
        if tag.code in (ExifTags.Base.XResolution, ExifTags.Base.YResolution):
            exif[tag.code] = value[0] / value[1]
        elif isinstance(value, str) or tag.code == ExifTags.Base.ResolutionUnit:
            exif[tag.code] = value
    details = _value(page, ExifTags.IFD.Exif)
    if isinstance(details, dict):
        known = ExifTags.Base.__members__
        found = {int(known[name]): value for name, value in details.items() if name in known and isinstance(value, str)}
        if found:
            exif.get_ifd(ExifTags.IFD.Exif).update(found)
            exif[ExifTags.IFD.Exif] = exif.get_ifd(ExifTags.IFD.Exif)


def _as_bytes(value: Any) -> bytes:
    """Return the bytes of a tag, which some programs store as other types, or as four-byte integers."""
    if isinstance(value, str):
        return value.encode("latin-1", "replace")
    if isinstance(value, np.ndarray):
        return value.tobytes()
    if isinstance(value, tuple) and all(isinstance(item, int) for item in value):
        is_wide = any(not 0 <= item < 256 for item in value)  # noqa: PLR2004
        return np.array(value, np.uint32).astype("<u4").tobytes() if is_wide else bytes(value)
    return value if isinstance(value, bytes) else b""
