"""What a file says beside its picture, and what a result carries on of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Any

from PIL import ExifTags, Image, TiffImagePlugin, TiffTags

from verism.photo_file.photo import Photo

PHOTOSHOP_IPTC = 0x0404
"""Number of the resource in which a block of Photoshop's, and with it every JPEG file, has IPTC."""

_STRUCTURE = frozenset(
    {*range(254, 260), 262, 266, *range(273, 280), 284, 317, 320, *range(322, 326), 330, 338, 339, 347, 530, 532}
)
"""Tags that say how a TIFF file is built; the orientation is one of them."""

_APART = frozenset(
    {
        TiffImagePlugin.XMP,
        TiffImagePlugin.ICCPROFILE,
        TiffImagePlugin.IPTC_NAA_CHUNK,
    }
)
"""Tags that are carried by themselves."""

_ORIENTATION_IN_XMP = re.compile(rb"(tiff:Orientation(?:=\"|>))[0-9]")


def carried(exif: Image.Exif) -> bytes:
    """Return what a result carries on of a photo's EXIF."""
    kept = Image.Exif()
    for tag, value in entries(exif):
        if tag not in _STRUCTURE | _APART:
            kept[tag] = value
    return kept.tobytes() if len(kept) else b""


def upright(xmp: bytes) -> bytes:
    """Return an XMP packet that says of the picture that it lies as it should."""
    return _ORIENTATION_IN_XMP.sub(rb"\g<1>1", xmp)


def iptc(file: Image.Image, exif: Image.Exif) -> bytes:
    """Return a file's IPTC records, from where JPEG has them or from where TIFF does; empty if there are none."""
    resources = file.info.get("photoshop") or {}
    found = resources.get(PHOTOSHOP_IPTC) or exif.get(TiffImagePlugin.IPTC_NAA_CHUNK)
    return found if isinstance(found, bytes) else b""


def entries(exif: Image.Exif) -> Iterator[tuple[int, Any]]:
    """Yield the tags and their values; of a directory, what is in it and not where it stood."""
    for tag, value in exif.items():
        yield tag, exif.get_ifd(tag) if tag in TiffTags.TAGS_V2_GROUPS else value


def written(photo: Photo, made_with: Mapping[str, str], *, in_srgb: bool) -> Image.Exif:
    """Return the EXIF of a result: the photo's, its own size and colour space, and what it was made with."""
    exif = Image.Exif()
    if photo.exif:
        exif.load(photo.exif)
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.ColorSpace] = 1 if in_srgb else 0xFFFF
    details[ExifTags.Base.ExifImageHeight], details[ExifTags.Base.ExifImageWidth] = photo.pixels.shape[-2:]
    exif[ExifTags.Base.Software] = f"verism {version('verism')}"
    exif[ExifTags.Base.ImageHistory] = json.dumps(dict(made_with))
    return exif


def small(exif: Image.Exif, limit: int) -> Image.Exif:
    """Return EXIF of at most ``limit`` bytes: without its longest entries, as many as it takes.

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
