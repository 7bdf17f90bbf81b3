"""The two photos of a run, as a Lightning datamodule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verism.data.photo_pair import PhotoPair, Photos

__all__ = ["PhotoPair", "Photos"]


def __getattr__(name: str) -> Any:
    """Import the datamodule only when it is used, because looks are rendered without Lightning."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from verism.data import photo_pair  # noqa: PLC0415

    return getattr(photo_pair, name)
