"""Neural style transfer that keeps a photo a photo."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from verism.errors import VerismError
from verism.version import __version__

if TYPE_CHECKING:
    from verism.api import FittedRun, fit, stylize
    from verism.backbone import VGG16, VGG19, Backbone
    from verism.canvas import BilateralGrid, Canvas, Lut3d, Pixels, RegionalGrade
    from verism.data import PhotoPair, Photos
    from verism.look.look import Look
    from verism.losses import (
        ColorLoss,
        ConsistencyLoss,
        ContentLoss,
        Loss,
        MomentsLoss,
        PhotorealismLoss,
        SlicedWassersteinLoss,
        StyleLoss,
    )
    from verism.module import StyleTransfer

__all__ = [
    "VGG16",
    "VGG19",
    "Backbone",
    "BilateralGrid",
    "Canvas",
    "ColorLoss",
    "ConsistencyLoss",
    "ContentLoss",
    "FittedRun",
    "Look",
    "Loss",
    "Lut3d",
    "MomentsLoss",
    "PhotoPair",
    "PhotorealismLoss",
    "Photos",
    "Pixels",
    "RegionalGrade",
    "SlicedWassersteinLoss",
    "StyleLoss",
    "StyleTransfer",
    "VerismError",
    "__version__",
    "fit",
    "stylize",
]

_HOMES = {
    "verism.api": ("FittedRun", "fit", "stylize"),
    "verism.backbone": ("VGG16", "VGG19", "Backbone"),
    "verism.canvas": ("BilateralGrid", "Canvas", "Lut3d", "Pixels", "RegionalGrade"),
    "verism.data": ("PhotoPair", "Photos"),
    "verism.look.look": ("Look",),
    "verism.losses": (
        "ColorLoss",
        "ConsistencyLoss",
        "ContentLoss",
        "Loss",
        "MomentsLoss",
        "PhotorealismLoss",
        "SlicedWassersteinLoss",
        "StyleLoss",
    ),
    "verism.module": ("StyleTransfer",),
}
"""Module to the names that it has; torch and Lightning take seconds to import, and ``verism --help`` needs neither."""


def __getattr__(name: str) -> Any:
    """Import what is asked for, when it is first asked for."""
    for module, names in _HOMES.items():
        if name in names:
            found = globals()[name] = getattr(import_module(module), name)
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
