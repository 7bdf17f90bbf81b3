"""The network that compares photos beside the losses: for regions, for correspondence and for figures."""

from __future__ import annotations

from verism.backbone.backbone import Backbone
from verism.backbone.vgg import VGG, VGG19


def reference(backbone: Backbone) -> VGG:
    """Return a VGG to compare photos with in a run with this backbone: itself if it is one, else the embedded VGG-19.

    What regions are found by, and what the figures of a result mean, is known for VGG's features alone.
    """
    return backbone if isinstance(backbone, VGG) else VGG19("compact")
