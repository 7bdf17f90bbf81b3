"""The metadata of photo files, and the part of it that is carried over to results."""

from __future__ import annotations

import json
import struct
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from PIL import ExifTags, Image, TiffImagePlugin, TiffTags

from verism.photo_file import xmp as xmp_packet
from verism.photo_file.color import Color, adobe_rgb
from verism.photo_file.photo import Photo
from verism.version import __version__

PHOTOSHOP_IPTC = 0x0404
"""Number of the Photoshop resource that contains IPTC, also used in JPEG files."""

PROGRAM = "verism"
"""Start of the Software tag of pictures made by verism, followed by the version."""

UPRIGHT = 1
"""EXIF orientation of a picture that is stored upright."""

_STRUCTURE = frozenset(
    {
        *range(254, 260),
        *(262, 266, 301, 317, 318, 319, 320, 330, 338, 339, 347),
        *range(273, 282),
        *range(284, 293),
        *range(322, 326),
        *range(332, 338),
        *range(340, 347),
        *range(512, 522),
        *range(529, 533),
        # Photoshop's resources and layers, which show the photo before it was changed.
        34377,
        37724,
    }
)
"""Tags that describe the structure of a TIFF file and the meaning of its samples, including the orientation."""

_DNG = range(50706, 53000)
"""Tags of DNG, which describe the samples of a raw file."""

_APART = frozenset(
    {
        TiffImagePlugin.XMP,
        TiffImagePlugin.ICCPROFILE,
        TiffImagePlugin.IPTC_NAA_CHUNK,
    }
)
"""Tags whose contents are carried over separately."""

_UNTRUE: Mapping[int, frozenset[int]] = {
    # Gamma belongs to a colour space that the result does not have.
    ExifTags.IFD.Exif: frozenset({0xA500}),
}
"""Directory entries that no longer apply to a result."""

_MOVABLE = (
    b"Nikon\0\2",
    b"FUJIFILM",
    b"OLYMPUS\0",
    b"OM SYSTEM\0",
    b"Apple iOS\0",
    b"PENTAX \0",
)
"""Prefixes of maker notes whose offsets are relative to the notes themselves. In others, offsets are relative to the
start of the file, and would be wrong in another file."""

_FIELDS: Mapping[str, int] = {
    "Author": ExifTags.Base.Artist,
    "Copyright": ExifTags.Base.Copyright,
    "Description": ExifTags.Base.ImageDescription,
}
"""EXIF fields that correspond to PNG keywords."""

COMMENT = "Comment"
"""PNG keyword for what JPEG calls a comment."""

_GAIN_MAPS = (b"ns.adobe.com/hdr-gain-map", b"ns.apple.com/HDRGainMap")
"""Names in XMP that announce a gain map."""

METRE = 0.0254
"""Metres per inch: the factor from PNG's pixels per metre to dots per inch."""

_INCH, _CENTIMETRE = 2, 3

_RESOLUTION = (ExifTags.Base.XResolution, ExifTags.Base.YResolution, ExifTags.Base.ResolutionUnit)

_MOST_DPI = 1e6


class About(NamedTuple):
    """The metadata of a file, without damaged parts.

    Attributes:
        exif: the part of the EXIF block that is carried over to results.
        xmp: the part of the XMP packet that is carried over.
        iptc: the records of IPTC-IIM.
        texts: keywords and texts, as in ``Photo``.
        orientation: EXIF orientation of the samples, 1 to 8.
        color: Adobe RGB if EXIF specifies it by the DCF standard, otherwise None.
        notes: sentences about what was left out.
    """

    exif: bytes = b""
    xmp: bytes = b""
    iptc: bytes = b""
    texts: tuple[tuple[str, str], ...] = ()
    orientation: int = UPRIGHT
    color: Color | None = None
    notes: tuple[str, ...] = ()


class Blocks(NamedTuple):
    """The metadata of a file before it is checked.

    Attributes:
        exif: loads the EXIF block into a Pillow Exif object, and may raise any exception. None if there is no block.
        xmp: the XMP packet.
        iptc: the records of IPTC-IIM.
        texts: keywords and texts, as in ``Photo``.
        dpi: resolution in dots per inch, horizontal and vertical, if specified outside EXIF.
        damaged: names of blocks that are incomplete.
    """

    exif: Callable[[Image.Exif], None] | None = None
    xmp: bytes = b""
    iptc: bytes = b""
    texts: tuple[tuple[str, str], ...] = ()
    dpi: tuple[float, float] | None = None
    damaged: tuple[str, ...] = ()


def exif_block(data: bytes) -> Callable[[Image.Exif], None] | None:
    """Return a function that loads an EXIF block, which may start with its name, or None if the block is empty."""
    if not data:
        return None
    block = data.removeprefix(b"Exif\0\0")
    return lambda exif: exif.load(b"Exif\0\0" + block)


def about(blocks: Blocks) -> About:
    """Return the metadata of a file. Damaged parts are left out, with a note."""
    notes = [f"its {name} is damaged and left out" for name in blocks.damaged]
    orientation, color, kept = UPRIGHT, None, Image.Exif()
    if blocks.exif is not None:
        source = Image.Exif()
        try:
            with _warnings() as warned:
                blocks.exif(source)
                orientation = _orientation(source)
                color = _dcf_color(source)
                kept, lost = _kept(source)
        except Exception:  # A damaged block can make its reader raise any exception.
            notes.append("its EXIF is damaged and left out")
            kept = Image.Exif()
        else:
            if lost.damaged or warned:
                notes.append("parts of its EXIF are damaged and left out")
            if lost.maker_note:
                notes.append("its maker's notes, which can be read only where they stood, are left out")
    if blocks.dpi is not None and not any(tag in kept for tag in _RESOLUTION[:2]):
        for tag, value in zip(_RESOLUTION, (*blocks.dpi, _INCH), strict=True):
            kept[tag] = value
    if any(mark in blocks.xmp for mark in _GAIN_MAPS):
        notes.append("its gain map for HDR displays is left out")
    packet = b""
    try:
        packet = xmp_packet.carried(blocks.xmp)
    except ValueError:
        notes.append("its XMP is damaged and left out")
    return About(
        exif=kept.tobytes() if len(kept) else b"",
        xmp=packet,
        iptc=blocks.iptc,
        texts=blocks.texts,
        orientation=orientation,
        color=color,
        notes=tuple(notes),
    )


@contextmanager
def _warnings() -> Iterator[list[str]]:
    """Yield a list that collects the warnings of this thread within this context, which are shown nowhere else.

    Warnings of other threads during that time are not about this photo, and are dropped.
    """
    warned: list[str] = []
    reader = threading.get_ident()

    def show(message: Warning | str, *_: object, **__: object) -> None:
        if threading.get_ident() == reader:
            warned.append(str(message))

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = show
        yield warned


class _Lost(NamedTuple):
    """Whether damaged entries were left out, and whether the maker notes were."""

    damaged: bool
    maker_note: bool


def _kept(source: Image.Exif) -> tuple[Image.Exif, _Lost]:
    """Return the part of a photo's EXIF that is carried over to a result, and what was lost."""
    kept = Image.Exif()
    kept.endian = source.endian
    damaged = maker_note = False
    for tag in list(source):
        if tag in _STRUCTURE | _APART or tag in _DNG:
            continue
        if tag not in TiffTags.TAGS_V2_GROUPS:
            value = _entry(source.get, tag, None)
            damaged |= value is None
            if value is not None:
                kept[tag] = value
            continue
        try:
            directory = dict(source.get_ifd(tag))
        except Exception:
            damaged = True
            continue
        # The directory is announced but missing.
        damaged |= not directory
        entries = {}
        for inner, found in directory.items():
            if inner in TiffTags.TAGS_V2_GROUPS or inner in _UNTRUE.get(tag, frozenset()):
                continue
            if inner == ExifTags.Base.MakerNote:
                if not (isinstance(found, bytes) and found.startswith(_MOVABLE)):
                    maker_note = True
                    continue
                value = found
            else:
                value = _entry(directory.get, inner, tag)
            damaged |= value is None
            if value is not None:
                entries[inner] = value
        if entries:
            kept.get_ifd(tag).update(entries)
            kept[tag] = kept.get_ifd(tag)
    return kept, _Lost(damaged, maker_note)


def _entry(get: Callable[[int], Any], tag: int, directory: int | None) -> Any:
    """Return the value of an entry if it can be written as it was read, otherwise None."""
    try:
        value = get(tag)
        # Pillow decodes every text as Latin-1, so encoding restores its bytes. It can only write ASCII texts.
        value = value.encode("latin-1") if isinstance(value, str) and not value.isascii() else value
        alone = Image.Exif()
        if directory is None:
            alone[tag] = value
        else:
            alone.get_ifd(directory)[tag] = value
            alone[directory] = alone.get_ifd(directory)
        alone.tobytes()
    except Exception:
        return None
    return value


def _orientation(exif: Image.Exif) -> int:
    return orientation_of(exif.get(ExifTags.Base.Orientation, UPRIGHT))


def orientation_of(value: Any) -> int:
    """Return the EXIF orientation for a value of any type, or ``UPRIGHT`` if it is not one of the eight."""
    while isinstance(value, (tuple, list, bytes)) and len(value):
        # In either byte order, the first nonzero byte is the number.
        value = next((item for item in value if item), 0)
    try:
        number = int(value)
    except (TypeError, ValueError):
        return UPRIGHT
    return number if 1 <= number <= 8 else UPRIGHT  # noqa: PLR2004


def _dcf_color(exif: Image.Exif) -> Color | None:
    """Return Adobe RGB if EXIF specifies it, by the DCF standard or by a number that some cameras use, else None."""
    details, index = _directory(exif, ExifTags.IFD.Exif), _directory(exif, ExifTags.IFD.Interop).get(1, "")
    text = index.decode("latin-1") if isinstance(index, bytes) else str(index)
    is_adobe = text.strip("\0 ") == "R03" or details.get(ExifTags.Base.ColorSpace) == 2  # noqa: PLR2004
    return adobe_rgb() if is_adobe else None


def _directory(exif: Image.Exif, tag: int) -> dict[int, Any]:
    """Return an EXIF directory. Empty if it is damaged or missing, for which Pillow 12 raises an error."""
    try:
        return dict(exif.get_ifd(tag))
    except Exception:  # Damaged directories are reported where they are carried over.
        return {}


def iptc_of(resources: bytes) -> bytes:
    """Return the IPTC records among Photoshop resources.

    Raises:
        ValueError: if the resources are damaged.
    """
    place = 0
    while place + 12 <= len(resources):
        if resources[place : place + 4] != b"8BIM":
            raise ValueError("Photoshop's resources")
        (number,) = struct.unpack_from(">H", resources, place + 4)
        # Skip a name, which starts with its length and is padded to an even number of bytes.
        place += 6 + (resources[place + 6] + 2) // 2 * 2
        if place + 4 > len(resources):
            raise ValueError("Photoshop's resources")
        (length,) = struct.unpack_from(">I", resources, place)
        if place + 4 + length > len(resources):
            raise ValueError("Photoshop's resources")
        if number == PHOTOSHOP_IPTC:
            return resources[place + 4 : place + 4 + length]
        place += 4 + (length + 1) // 2 * 2
    return b""


def entries(exif: Image.Exif) -> Iterator[tuple[int, Any]]:
    """Yield the tags and their values. The value of a directory is its contents, not its offset in the file."""
    for tag, value in exif.items():
        yield tag, exif.get_ifd(tag) if tag in TiffTags.TAGS_V2_GROUPS else value


def written(photo: Photo, made_with: Mapping[str, str], *, in_srgb: bool) -> Image.Exif:
    """Return the EXIF of a result: the photo's, with the result's size and colour space, and how it was made."""
    exif = Image.Exif()
    if photo.exif:
        exif.load(photo.exif)
        _keep_bytes(exif)
    texts = dict(photo.texts)
    for keyword, tag in _FIELDS.items():
        if keyword in texts and tag not in exif:
            exif[tag] = texts[keyword].encode()
    details = exif.get_ifd(ExifTags.IFD.Exif)
    if COMMENT in texts and ExifTags.Base.UserComment not in details:
        details[ExifTags.Base.UserComment] = _user_comment(texts[COMMENT], exif)
    details[ExifTags.Base.ColorSpace] = 1 if in_srgb else 0xFFFF
    details[ExifTags.Base.ExifImageHeight], details[ExifTags.Base.ExifImageWidth] = photo.pixels.shape[-2:]
    exif[ExifTags.Base.Software] = f"{PROGRAM} {__version__}"
    exif[ExifTags.Base.ImageHistory] = json.dumps(dict(made_with))
    return exif


def _keep_bytes(exif: Image.Exif) -> None:
    """Restore the bytes of non-ASCII texts, which Pillow decodes as Latin-1 and writes as question marks."""
    directories = [exif.get_ifd(tag) for tag in list(exif) if tag in TiffTags.TAGS_V2_GROUPS]
    for directory in (exif, *directories):
        for tag, value in list(directory.items()):
            if isinstance(value, str) and not value.isascii():
                directory[tag] = value.encode("latin-1", "replace")


def _user_comment(text: str, exif: Image.Exif) -> bytes:
    if text.isascii():
        return b"ASCII\0\0\0" + text.encode()
    return b"UNICODE\0" + text.encode("utf-16-le" if exif.endian == "<" else "utf-16-be")


def resolution(exif: Image.Exif) -> tuple[float, float] | None:
    """Return the resolution in EXIF, in dots per inch, or None if it is missing or impossible."""
    try:
        across, down = (float(exif[tag]) for tag in _RESOLUTION[:2])
        unit = int(exif.get(_RESOLUTION[2], _INCH))
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    scale = {_INCH: 1.0, _CENTIMETRE: 2.54}.get(unit)
    if scale is None or not (0 < across * scale < _MOST_DPI and 0 < down * scale < _MOST_DPI):
        return None
    return across * scale, down * scale


def small(exif: Image.Exif, limit: int) -> Image.Exif:
    """Shrink EXIF to at most ``limit`` bytes by removing as many of the longest entries as necessary.

    Those are the camera's own notes and previews, not what a photographer wrote.
    """
    while len(exif.tobytes()) > limit:
        details = exif.get_ifd(ExifTags.IFD.Exif)
        directory, tag = max(
            ((place, tag) for place in (exif, details) for tag in place if tag not in TiffTags.TAGS_V2_GROUPS),
            key=lambda entry: len(str(entry[0][entry[1]])),
        )
        del directory[tag]
    return exif


def decoded_texts(texts: Iterable[tuple[str, bytes]]) -> tuple[tuple[str, str], ...]:
    """Decode texts as UTF-8, or as Latin-1 if they are not valid UTF-8. Empty texts are left out."""
    found = []
    for keyword, data in texts:
        stripped = data.strip(b"\0 \r\n\t")
        try:
            text = stripped.decode()
        except UnicodeDecodeError:
            text = stripped.decode("latin-1")
        if text:
            found.append((keyword, text))
    return tuple(found)


def dots_per_inch(values: Sequence[float], per_inch: float) -> tuple[float, float] | None:
    """Return a resolution, horizontal and vertical, in dots per inch, or None if it is impossible.

    Args:
        values: the resolution in another unit.
        per_inch: factor from that unit to dots per inch.
    """
    across, down = (value * per_inch for value in values)
    return (across, down) if 0 < across < _MOST_DPI and 0 < down < _MOST_DPI else None
