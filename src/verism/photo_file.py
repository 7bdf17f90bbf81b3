"""Photo files, with all that they hold: the only place that knows file formats."""

from __future__ import annotations

import importlib
import importlib.util
import io
import json
import re
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self

import imagecodecs
import numpy as np
import tifffile
import torch
from lightning.pytorch.utilities import rank_zero_info
from numpy.typing import NDArray
from PIL import ExifTags, Image, TiffImagePlugin, TiffTags, UnidentifiedImageError
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism import atomic
from verism.color_profile import ProfileError, from_srgb, is_srgb, srgb, to_srgb
from verism.errors import VerismError

HEIF = importlib.util.find_spec("pillow_heif") is not None
"""Whether the package that reads HEIC is there."""

if HEIF:
    importlib.import_module("pillow_heif").register_heif_opener()

MIN_SIDE = 32
"""The shortest side, in pixels, that is worth looking at: VGG-19's deepest layers see 1/16 of it."""

RGB, CMYK = 3, 4
"""Channels of a colour; a grey one has 1."""


class Photo(NamedTuple):
    """What a photo file holds.

    Attributes:
        pixels: ``(1, 3, H, W)`` float32, sRGB in [0, 1], upright; what is transparent lies over white.
        alpha: ``(1, 1, H, W)``, from 0, transparent, to 1; None for a photo that is opaque.
        depth: bits a sample, 8 or 16.
        profile: the embedded ICC profile that the pixels were converted from, if it is of an RGB space; else empty.
        exif: the EXIF block, without the orientation; empty if there is none.
        xmp: the XMP packet, likewise.
    """

    pixels: Tensor
    alpha: Tensor | None = None
    depth: int = 8
    profile: bytes = b""
    exif: bytes = b""
    xmp: bytes = b""

    def showing(self, pixels: Tensor) -> Self:
        """Return the photo with other ``pixels``, also of another size."""
        if self.alpha is None or self.alpha.shape[-2:] == pixels.shape[-2:]:
            return self._replace(pixels=pixels)
        alpha = F.interpolate(self.alpha, pixels.shape[-2:], mode="bilinear", align_corners=False, antialias=True)
        return self._replace(pixels=pixels, alpha=alpha)


class Encoding(NamedTuple):
    """How results are written.

    Attributes:
        profile: srgb: the result is sRGB, and says so. keep: it is in the RGB space of the photo's embedded profile,
            and carries that; sRGB if it has none.
        depth: bits a sample, 8 or 16; None: the photo's, where the format has as many.
        dither: round to 8 bits up or down at random, by how near either is, so that no bands show; what 8 bits hold
            exactly stays as it is.
    """

    profile: Literal["srgb", "keep"] = "srgb"
    depth: Literal[8, 16] | None = None
    dither: bool = False


MEGAPIXELS = 179.0
"""Of the largest photo that is read unless somebody allows more: Pillow's own limit."""

PLAIN = Encoding()
"""sRGB, in the photo's depth."""


class _Samples(NamedTuple):
    """Samples as a file has them, uint8, uint16 or float32: colours ``(H, W, 1, 3 or 4)``, and alpha ``(H, W, 1)``."""

    colors: NDArray[Any]
    alpha: NDArray[Any] | None = None


class _File(NamedTuple):
    """What was found in a file; ``orientation`` is EXIF's number for how the samples lie."""

    samples: _Samples
    profile: bytes
    orientation: int
    exif: bytes
    xmp: bytes


class _Extras(NamedTuple):
    """What is written beside the pixels."""

    exif: Image.Exif
    profile: bytes
    xmp: bytes


class _Format(NamedTuple):
    """A format of results: its encoder, of ``(H, W, 3 or 4)`` and the rest; its depths; whether it has alpha."""

    encode: Callable[[NDArray[Any], _Extras], bytes]
    depths: tuple[int, ...]
    alpha: bool


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
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            file = _opened(path)
    except Image.DecompressionBombError as error:
        raise VerismError(
            f"{path}: has more pixels than are read of a file that could be a trap; if it is none, raise "
            f"--data.max_megapixels, which is {2e-6 * (Image.MAX_IMAGE_PIXELS or 0):.0f}."
        ) from error
    except UnidentifiedImageError as error:
        raise VerismError(_unidentified(path)) from error
    except _UNREADABLE as error:
        raise VerismError(f"{path}: cannot be read as an image ({error}).") from error
    turn = _TURNS.get(file.orientation, _as_it_is)
    colors = turn(file.samples.colors)
    pixels, used = _pixels(path, colors, file.profile)
    alpha = None if file.samples.alpha is None else _unit(turn(file.samples.alpha))
    if alpha is not None:
        pixels = alpha * pixels + (1 - alpha)
    return Photo(
        pixels=_tensor(pixels),
        alpha=None if alpha is None or bool((alpha == 1).all()) else _tensor(alpha),
        depth=8 if colors.dtype == np.uint8 else 16,
        profile=used,
        exif=file.exif,
        xmp=_ORIENTATION_IN_XMP.sub(rb"\g<1>1\g<2>", file.xmp),
    )


def write(path: Path, photo: Photo, made_with: Mapping[str, str], encoding: Encoding = PLAIN) -> None:
    """Write a photo, whole or not at all, replacing what stood there.

    Args:
        path: its ending says in which format; missing folders are made.
        photo: its pixels are clipped to [0, 1]. The rest of it is written too, where the format has a place for it.
        made_with: what to say of its making; stored as JSON in the EXIF field ImageHistory.
        encoding: of the pixels.

    Raises:
        VerismError: the ending is not one that can be written, the format has not that depth, or the file cannot be
            written.
    """
    check(path, encoding)
    form = _FORMATS[path.suffix.lower()]
    pixels = photo.pixels.detach().clamp(0, 1).squeeze(0).permute(1, 2, 0).float().cpu().numpy()
    alpha = photo.alpha if form.alpha else None
    profile = srgb()
    if alpha is not None:
        opacity = alpha.squeeze(0).permute(1, 2, 0).cpu().numpy()
        # What lay over white, by itself.
        pixels = np.clip(1 - np.divide(1 - pixels, opacity, out=np.zeros_like(pixels), where=opacity > 0), 0, 1)
    if encoding.profile == "keep" and photo.profile:
        pixels, profile = from_srgb(pixels, photo.profile), photo.profile
    samples = pixels if alpha is None else np.concatenate([pixels, opacity], axis=2)
    depth = encoding.depth or max(depth for depth in form.depths if depth <= photo.depth)
    extras = _Extras(_exif(photo, made_with, in_srgb=profile == srgb()), profile, photo.xmp)
    atomic.write(path, form.encode(_levels(samples, depth, dither=encoding.dither), extras))


def check(path: Path, encoding: Encoding = PLAIN) -> None:
    """Raise ``VerismError`` unless a file of this name can be written so."""
    form = _FORMATS.get(path.suffix.lower())
    if form is None:
        raise VerismError(f"{path}: results are written as {', '.join(_FORMATS)}; choose one of these endings.")
    if encoding.depth not in (None, *form.depths):
        raise VerismError(f"{path}: has no {encoding.depth} bits a sample; choose .png or .tiff, or --output.depth 8.")


def can_write(path: Path) -> bool:
    """Return whether results are written to files of this ending."""
    return path.suffix.lower() in _FORMATS


def _opened(path: Path) -> _File:
    try:
        with Image.open(path) as file:
            _check_size(path, *file.size)
            pictures = getattr(file, "n_frames", 1)
            # Phones put previews and depth maps behind a photo; nobody means those.
            if pictures > 1 and file.format != "MPO":
                rank_zero_info(f"{path}: of its {pictures} pictures, the first is taken.")
            samples, exif = _samples(path, file), file.getexif()
            return _File(
                samples,
                file.info.get("icc_profile") or b"",
                exif.get(ExifTags.Base.Orientation, 1),
                _carried(exif),
                file.info.get("xmp") or b"",
            )
    except UnidentifiedImageError:
        if not _is_tiff(path):
            raise
        return _opened_tiff(path)


def _opened_tiff(path: Path) -> _File:
    """Return a TIFF file that Pillow does not know, with what EXIF it has in words."""
    with tifffile.TiffFile(path) as tiff:
        page: Any = tiff.pages[0]
        _check_size(path, page.imagewidth, page.imagelength)
        tags = {tag.code: tag.value for tag in page.tags}
        exif = Image.Exif()
        for tag, value in tags.items():
            if isinstance(value, str):
                exif[tag] = value
        orientation = int(tags.get(ExifTags.Base.Orientation, 1))
        return _File(_of_page(page), page.iccprofile or b"", orientation, _carried(exif), tags.get(700, b""))


def _check_size(path: Path, width: int, height: int) -> None:
    if Image.MAX_IMAGE_PIXELS is not None and width * height > 2 * Image.MAX_IMAGE_PIXELS:
        raise Image.DecompressionBombError
    if min(width, height) < MIN_SIDE:
        raise VerismError(f"{path}: {width}×{height} pixels are too few; a photo needs at least {MIN_SIDE} a side.")


def _is_tiff(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def _samples(path: Path, file: Image.Image) -> _Samples:
    """Return the first picture's samples, of more than 8 bits where Pillow would cut them off."""
    if file.format == "PNG" and _png_depth(path) > 8:  # noqa: PLR2004
        return _split(imagecodecs.png_decode(path.read_bytes()))
    if file.format == "TIFF" and max(file.tag_v2.get(TiffImagePlugin.BITSPERSAMPLE, (1,))) > 8:  # type: ignore[attr-defined]  # noqa: PLR2004
        with tifffile.TiffFile(path) as tiff:
            return _of_page(tiff.pages[0])
    if file.mode == "CMYK":
        return _Samples(np.asarray(file))
    return _split(np.asarray(file.convert(_mode(file))))


def _mode(file: Image.Image) -> str:
    """Return the mode of Pillow's in which a picture's samples are those of its file, or as many as it takes."""
    if file.has_transparency_data:
        return "RGBA"
    if file.mode.startswith("I") or file.mode == "F":
        return file.mode
    return "L" if file.mode in ("1", "L") else "RGB"


def _of_page(page: Any) -> _Samples:
    samples = page.asarray()
    if page.planarconfig == tifffile.PLANARCONFIG.SEPARATE and samples.ndim == 3:  # noqa: PLR2004
        samples = np.moveaxis(samples, 0, -1)
    if page.photometric == tifffile.PHOTOMETRIC.SEPARATED:
        return _Samples(samples[..., :CMYK])
    if page.photometric == tifffile.PHOTOMETRIC.MINISWHITE:
        samples = np.iinfo(samples.dtype).max - samples
    elif page.photometric not in (tifffile.PHOTOMETRIC.MINISBLACK, tifffile.PHOTOMETRIC.RGB):
        raise ValueError(f"a TIFF of {page.photometric.name.lower()}")
    return _split(samples)


def _split(samples: NDArray[Any]) -> _Samples:
    """Return colours and alpha of ``(H, W)`` or ``(H, W, channels)``, the last of 2 or 4 being alpha."""
    if samples.ndim == 2:  # noqa: PLR2004
        samples = samples[:, :, None]
    colors = 1 if samples.shape[2] < RGB else RGB
    alpha = samples[:, :, colors : colors + 1]
    return _Samples(_known(samples[:, :, :colors]), _known(alpha) if alpha.size else None)


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


def _unit(samples: NDArray[Any]) -> NDArray[np.float32]:
    """Return samples in [0, 1]."""
    if samples.dtype == np.float32:
        return samples
    return samples.astype(np.float32) / np.float32(np.iinfo(samples.dtype).max)


def _pixels(path: Path, colors: NDArray[Any], profile: bytes) -> tuple[NDArray[np.float32], bytes]:
    """Return sRGB ``(H, W, 3)`` in [0, 1], and the profile if it is one of RGB that was converted from."""
    # Also refuses NaN, which compares false; whole numbers cannot be outside.
    if colors.dtype == np.float32 and not bool(((colors >= 0) & (colors <= 1)).all()):
        raise VerismError(f"{path}: has floating-point samples outside of [0, 1]; scale them before.")
    channels = colors.shape[2]
    if profile:
        try:
            if channels != RGB or not is_srgb(profile):
                return to_srgb(colors, profile), profile if channels == RGB else b""
        except ProfileError as error:
            rank_zero_info(f"{path}: its colour profile cannot be used ({error}); values are taken as sRGB.")
    unit = _unit(colors)
    if channels == CMYK:
        return (1 - unit[..., :RGB]) * (1 - unit[..., RGB:]), b""
    return np.broadcast_to(unit, (*unit.shape[:2], RGB)), b""


def _as_it_is(samples: NDArray[Any]) -> NDArray[Any]:
    return samples


def _transposed(samples: NDArray[Any]) -> NDArray[Any]:
    return samples.swapaxes(0, 1)


def _tensor(samples: NDArray[np.float32]) -> Tensor:
    return torch.from_numpy(np.require(samples.transpose(2, 0, 1), requirements=["C", "W"])).unsqueeze(0)


def _png_depth(path: Path) -> int:
    with path.open("rb") as file:
        # After the signature: length and name of the first chunk, width, height.
        return file.read(25)[24]


def _carried(exif: Image.Exif) -> bytes:
    """Return what a result carries on of a photo's EXIF."""
    kept = Image.Exif()
    for tag, value in _entries(exif):
        if tag not in _STRUCTURE:
            kept[tag] = value
    return kept.tobytes() if len(kept) else b""


def _entries(exif: Image.Exif) -> Iterator[tuple[int, Any]]:
    """Yield the tags and their values; of a directory, what is in it and not where it stood."""
    for tag, value in exif.items():
        yield tag, exif.get_ifd(tag) if tag in TiffTags.TAGS_V2_GROUPS else value


def _exif(photo: Photo, made_with: Mapping[str, str], *, in_srgb: bool) -> Image.Exif:
    exif = Image.Exif()
    if photo.exif:
        exif.load(photo.exif)
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.ColorSpace] = 1 if in_srgb else 0xFFFF
    details[ExifTags.Base.ExifImageHeight], details[ExifTags.Base.ExifImageWidth] = photo.pixels.shape[-2:]
    exif[ExifTags.Base.Software] = f"verism {version('verism')}"
    exif[ExifTags.Base.ImageHistory] = json.dumps(dict(made_with))
    return exif


def _levels(samples: NDArray[np.float32], depth: int, *, dither: bool) -> NDArray[Any]:
    scaled = samples * np.float32(2**depth - 1)
    if depth > 8:  # noqa: PLR2004
        return scaled.round().astype(np.uint16)
    if dither:
        chance = np.random.default_rng(0).random(scaled.shape, np.float32)
        # A little inside of ±½, because a whole number may not have come out as one.
        scaled = scaled + (chance - np.float32(0.5)) * np.float32(0.998)
    return scaled.round().clip(0, 255).astype(np.uint8)


def _png(samples: NDArray[Any], extras: _Extras) -> bytes:
    """Encode PNG, which Pillow writes with 8 bits alone, and put in the chunks that the encoder does not know."""
    encoded = bytes(imagecodecs.png_encode(np.ascontiguousarray(samples)))
    chunks = [(b"iCCP", b"ICC profile\0\0" + zlib.compress(extras.profile)), (b"eXIf", extras.exif.tobytes()[6:])]
    if extras.xmp:
        chunks.append((b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + extras.xmp))
    # Behind the signature and the first chunk.
    return encoded[:33] + b"".join(_chunk(*chunk) for chunk in chunks) + encoded[33:]


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _tiff(samples: NDArray[Any], extras: _Extras) -> bytes:
    """Encode TIFF, which Pillow writes with 8 bits alone: deflated, as differences to the pixel on the left."""
    height, width, channels = samples.shape
    differences = np.diff(samples, axis=1, prepend=samples.dtype.type(0))
    data = zlib.compress(differences.astype(samples.dtype.newbyteorder("<")).tobytes())
    directory = TiffImagePlugin.ImageFileDirectory_v2()
    for tag, value in _entries(extras.exif):
        directory[tag] = value
    directory[ExifTags.IFD.Exif] = extras.exif.get_ifd(ExifTags.IFD.Exif)
    structure: dict[int, Any] = {
        TiffImagePlugin.IMAGEWIDTH: width,
        TiffImagePlugin.IMAGELENGTH: height,
        TiffImagePlugin.BITSPERSAMPLE: (samples.dtype.itemsize * 8,) * channels,
        TiffImagePlugin.COMPRESSION: 8,
        TiffImagePlugin.PHOTOMETRIC_INTERPRETATION: 2,
        TiffImagePlugin.SAMPLESPERPIXEL: channels,
        TiffImagePlugin.ROWSPERSTRIP: height,
        TiffImagePlugin.STRIPOFFSETS: 0,
        TiffImagePlugin.STRIPBYTECOUNTS: len(data),
        TiffImagePlugin.PLANAR_CONFIGURATION: 1,
        TiffImagePlugin.PREDICTOR: 2,
        TiffImagePlugin.ICCPROFILE: extras.profile,
    }
    if channels > RGB:
        structure[TiffImagePlugin.EXTRASAMPLES] = 2  # Not multiplied into the colours.
    if extras.xmp:
        structure[TiffImagePlugin.XMP] = extras.xmp
    for tag, value in structure.items():
        directory[tag] = value
    file = io.BytesIO()
    directory.save(file)
    file.write(data)
    return file.getvalue()


def _by_pillow(samples: NDArray[Any], extras: _Extras, **options: Any) -> bytes:
    file = io.BytesIO()
    # More would not fit into a JPEG.
    xmp = extras.xmp if len(extras.xmp) < 2**16 - 100 else b""
    Image.fromarray(samples).save(file, exif=extras.exif, icc_profile=extras.profile, xmp=xmp, **options)
    return file.getvalue()


def _unidentified(path: Path) -> str:
    if path.suffix.lower() in (".heic", ".heif") and not HEIF:
        return f"{path}: HEIC is read with another package: pip install 'verism[heif]'."
    return f"{path}: not an image in a format that can be read (JPEG, PNG, WebP, TIFF, AVIF, …)."


_JPEG = _Format(partial(_by_pillow, format="JPEG", quality=95, subsampling="4:4:4"), (8,), alpha=False)
_FORMATS: Mapping[str, _Format] = {
    ".png": _Format(_png, (8, 16), alpha=True),
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".tif": _Format(_tiff, (8, 16), alpha=True),
    ".tiff": _Format(_tiff, (8, 16), alpha=True),
    ".webp": _Format(partial(_by_pillow, format="WEBP", quality=95, exact=True), (8,), alpha=True),
}

_TURNS: Mapping[int, Callable[[NDArray[Any]], NDArray[Any]]] = {
    2: np.fliplr,
    3: partial(np.rot90, k=2),
    4: np.flipud,
    5: _transposed,
    6: partial(np.rot90, k=-1),
    7: lambda samples: np.rot90(_transposed(samples), 2),
    8: np.rot90,
}
"""EXIF's orientations, by their numbers."""

_STRUCTURE = frozenset(
    {*range(254, 260), 262, 266, *range(273, 280), 284, 317, 320, *range(322, 326), 330, 338, 339, 347, 530, 532}
) | {700, 34675}
"""Tags that say how a TIFF file is built, or that are carried by themselves; the orientation is one of them."""

_ORIENTATION_IN_XMP = re.compile(rb"(tiff:Orientation(?:=\"|>))[0-9](\"|<)")

_UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    RuntimeError,
    struct.error,
    zlib.error,
    tifffile.TiffFileError,
)
"""What decoders raise of files that are damaged, or that they do not know."""
