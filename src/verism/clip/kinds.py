"""The containers of clips' results, and the library that reads clips."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

from verism.errors import VerismError


def result_name(path: Path, containers: tuple[str, ...]) -> str:
    """Return the name of a clip's result: the clip's own, with another ending where its container cannot be written.

    Args:
        path: the clip.
        containers: endings that the codec of the result can have, the most general first.
    """
    return path.name if path.suffix.lower() in containers else f"{path.stem}{containers[0]}"


def library() -> ModuleType:
    """Return PyAV; raise ``VerismError`` if it is not installed."""
    try:
        import av  # noqa: PLC0415  # Of an extra.
        import av.filter  # noqa: PLC0415
    except ImportError as error:
        raise VerismError("Clips need another package: pip install 'verism[video]'.") from error
    # Damage is reported in one sentence, without FFmpeg's own messages. With any level but None, they pass through
    # Python: a decoder's thread that has something to say waits for the thread that waits for its end.
    av.logging.set_level(None)
    return av
