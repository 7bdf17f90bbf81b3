"""File endings of photos, clips and lookup tables, available without importing the libraries that read them."""

from __future__ import annotations

from pathlib import Path

from verism.errors import VerismError

PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp")
"""Endings of picture formats that can be written."""

TABLES = (".cube", ".safetensors", ".png")
"""Endings of lookup table formats that can be written."""

RAW = frozenset(
    {
        *(".3fr", ".arw", ".cap", ".cr2", ".cr3", ".crw", ".dcr", ".dcs", ".dng", ".eip", ".erf", ".fff"),
        *(".gpr", ".iiq", ".k25", ".kdc", ".mdc", ".mef", ".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef"),
        *(".ptx", ".raf", ".raw", ".rw2", ".rwl", ".rwz", ".sr2", ".srf", ".srw", ".x3f"),
    }
)
"""Endings of raw files, whether or not they are based on TIFF."""

PHOTOS = RAW.union(
    PICTURES,
    (".jfif", ".jpe", ".mpo", ".apng", ".btf", ".tf8"),
    (".avif", ".avifs", ".heic", ".heics", ".heif", ".heifs", ".hif", ".jxl"),
    (".j2c", ".j2k", ".jp2", ".jpc", ".jpf", ".jpx"),
    (".bmp", ".dib", ".gif", ".pcx", ".pbm", ".pfm", ".pgm", ".pnm", ".ppm", ".psd", ".qoi"),
    (".bw", ".rgb", ".rgba", ".sgi", ".icb", ".tga", ".vda", ".vst"),
)
"""Endings of photos. Photos are recognised by content, so a file with another ending is accepted if it is named."""

CLIPS_KEPT = (".mp4", ".m4v", ".mov", ".mkv")
"""Endings of clip containers that can be read and written."""

CLIPS_READ = (
    *(".3gp", ".asf", ".avi", ".flv", ".m2ts", ".mpeg", ".mpg"),
    *(".mts", ".mxf", ".ogv", ".ts", ".webm", ".wmv"),
)
"""Endings of clip containers that can only be read."""


def is_photo(path: Path) -> bool:
    """Return whether a path has the ending of a photo."""
    return path.suffix.lower() in PHOTOS


def is_clip(path: Path) -> bool:
    """Return whether a path has the ending of a clip."""
    return path.suffix.lower() in (*CLIPS_KEPT, *CLIPS_READ)


def is_photo_or_clip(path: Path) -> bool:
    """Return whether a path has the ending of a photo or of a clip."""
    return is_photo(path) or is_clip(path)


def check_picture(path: Path) -> None:
    """Raise ``VerismError`` unless a path has the ending of a picture format that can be written."""
    if path.suffix.lower() not in PICTURES:
        raise VerismError(f"{path}: results are written as {', '.join(PICTURES)}; choose one of these endings.")


def check_table(path: Path) -> None:
    """Raise ``VerismError`` unless a path has the ending of a lookup table format that can be written."""
    if path.suffix.lower() not in TABLES:
        raise VerismError(
            f"{path}: lookup tables are written as .cube or, as a HaldCLUT picture, .png, or, for verism itself, "
            ".safetensors; choose one of these endings."
        )
