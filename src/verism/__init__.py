"""Neural style transfer that keeps a photo a photo."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from verism.errors import VerismError
from verism.version import __version__

if TYPE_CHECKING:
    # Aliases, which tell type checkers that the names are public.
    from verism.api import FittedRun as FittedRun
    from verism.api import fit as fit
    from verism.api import stylize as stylize
    from verism.backbone import VGG16 as VGG16
    from verism.backbone import VGG19 as VGG19
    from verism.backbone import Backbone as Backbone
    from verism.canvas import BilateralGrid as BilateralGrid
    from verism.canvas import Canvas as Canvas
    from verism.canvas import Lut3d as Lut3d
    from verism.canvas import Pixels as Pixels
    from verism.canvas import RegionalGrade as RegionalGrade
    from verism.data import PhotoPair as PhotoPair
    from verism.data import Photos as Photos
    from verism.look.look import Look as Look
    from verism.losses import ColorLoss as ColorLoss
    from verism.losses import ConsistencyLoss as ConsistencyLoss
    from verism.losses import ContentLoss as ContentLoss
    from verism.losses import Loss as Loss
    from verism.losses import MomentsLoss as MomentsLoss
    from verism.losses import PhotorealismLoss as PhotorealismLoss
    from verism.losses import SlicedWassersteinLoss as SlicedWassersteinLoss
    from verism.losses import StyleLoss as StyleLoss
    from verism.module import StyleTransfer as StyleTransfer

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
"""Module to the names it provides; torch and Lightning take seconds to import, and ``verism --help`` needs neither."""

__all__ = ["VerismError", "__version__", *(name for names in _HOMES.values() for name in names)]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    """Import a name when it is first used."""
    for module, names in _HOMES.items():
        if name in names:
            found = globals()[name] = getattr(import_module(module), name)
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
