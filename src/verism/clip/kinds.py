"""The containers of graded clips, and the library that reads clips."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

from verism.errors import VerismError


def result_name(path: Path, containers: tuple[str, ...]) -> str:
    """Return the file name of a clip's result: the clip's own, with another ending if its container is unsupported.

    Args:
        path: the clip.
        containers: endings that the result's codec supports, the most general first.
    """
    return path.name if path.suffix.lower() in containers else f"{path.stem}{containers[0]}"


def library() -> ModuleType:
    """Return PyAV. Raises ``VerismError`` if it is not installed."""
    try:
        import av  # noqa: PLC0415  # Of an extra.
        import av.filter  # noqa: PLC0415
    except ImportError as error:
        raise VerismError("Clips need another package: pip install 'verism[video]'.") from error
    # Damage is reported in one sentence, without FFmpeg's own messages. At any level but None, these pass through
    # Python, which can deadlock: a decoder thread with a message waits for the thread that waits for it to end.
    av.logging.set_level(None)
    return av
