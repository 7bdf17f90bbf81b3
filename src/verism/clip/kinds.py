"""Which files are clips, and what reads them."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

from verism.errors import VerismError

KEPT = (".mp4", ".m4v", ".mov", ".mkv")
"""Containers that a result can have as its clip has."""

OTHERS = (".3gp", ".asf", ".avi", ".flv", ".m2ts", ".mpeg", ".mpg", ".mts", ".mxf", ".ogv", ".ts", ".webm", ".wmv")
"""Containers that are read."""


def is_clip(path: Path) -> bool:
    """Return whether a path is named like a clip."""
    return path.suffix.lower() in (*KEPT, *OTHERS)


def result_name(path: Path, containers: tuple[str, ...]) -> str:
    """Return the name of a clip's result: the clip's own, with another ending where its container cannot be written.

    Args:
        path: of the clip.
        containers: endings that its codec can have, the most general first.
    """
    return path.name if path.suffix.lower() in containers else f"{path.stem}{containers[0]}"


def library() -> ModuleType:
    """Return PyAV; raise ``VerismError`` if it is not installed."""
    try:
        import av  # noqa: PLC0415  # Of an extra.
        import av.filter  # noqa: PLC0415
    except ImportError as error:
        raise VerismError("Clips need another package: pip install 'verism[video]'.") from error
    # What FFmpeg has to say of a damaged file is said in a sentence.
    av.logging.set_level(av.logging.PANIC)
    return av
