"""Neural style transfer that keeps a photo a photo."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from verism.backbone import VGG19
from verism.canvas import BilateralGrid, Canvas, Lut3d, Pixels, RegionalGrade
from verism.data import PhotoPair, Photos
from verism.errors import VerismError
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
from verism.quiet import quieten_lightning
from verism.version import __version__

if TYPE_CHECKING:
    from verism.api import FittedRun, fit, stylize
    from verism.look.look import Look

_ON_FIRST_USE = {
    "FittedRun": "verism.api",
    "fit": "verism.api",
    "stylize": "verism.api",
    "Look": "verism.look.look",
}
"""Names whose modules bring in the whole command line, and so are imported only when they are needed."""


def __getattr__(name: str) -> Any:
    """Import what is needed seldom; raise ``AttributeError`` for other names."""
    if name not in _ON_FIRST_USE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_ON_FIRST_USE[name]), name)


quieten_lightning()

__all__ = [
    "VGG19",
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
