"""Losses on the features of an image, computed in two steps.

Every loss first reduces features to *statistics*, and then computes its term of the total from these. The statistics of
an additive loss are sums over positions, so those of disjoint parts of an image add up. The same loss therefore works
for a whole image, for an image in tiles, and for an image shared between several GPUs. A loss that is not additive is
always given whole feature maps, and is therefore also exact with tiles and several GPUs.
"""

from verism.losses.color import ColorLoss
from verism.losses.consistency import ConsistencyLoss
from verism.losses.content import ContentLoss
from verism.losses.loss import Loss
from verism.losses.moments import MomentsLoss
from verism.losses.photorealism import PhotorealismLoss
from verism.losses.sliced_wasserstein import SlicedWassersteinLoss
from verism.losses.style import StyleLoss
from verism.losses.term import Normalization, Term

__all__ = [
    "ColorLoss",
    "ConsistencyLoss",
    "ContentLoss",
    "Loss",
    "MomentsLoss",
    "Normalization",
    "PhotorealismLoss",
    "SlicedWassersteinLoss",
    "StyleLoss",
    "Term",
]
