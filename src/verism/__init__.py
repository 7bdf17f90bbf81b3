"""Neural style transfer that keeps a photo a photo."""

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

quieten_lightning()

__all__ = [
    "VGG19",
    "BilateralGrid",
    "Canvas",
    "ColorLoss",
    "ConsistencyLoss",
    "ContentLoss",
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
]
