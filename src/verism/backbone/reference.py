"""The network that compares photos outside the losses: for regions, correspondence and metrics."""

from __future__ import annotations

from verism.backbone.backbone import Backbone
from verism.backbone.vgg import VGG, VGG19


def reference(backbone: Backbone) -> VGG:
    """Return the VGG with which a run compares photos: its backbone if that is a VGG, else the embedded VGG-19.

    The thresholds for regions and the scale of the metrics are calibrated for VGG features.
    """
    return backbone if isinstance(backbone, VGG) else VGG19("compact")
