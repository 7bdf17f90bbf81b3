"""What the image is asked to be: losses on features, each in two steps.

Every loss first reduces the features to *statistics*, and then computes its term from their totals. Statistics of an
additive loss are sums over positions that add up over disjoint regions of the image. Kept apart, the same losses serve
a whole image, an image in tiles, or the share of an image that one of several GPUs holds. A loss that is not additive
is shown the whole feature map, and is right at any tile and any number of processes too.
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
