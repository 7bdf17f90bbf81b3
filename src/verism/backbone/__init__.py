"""The frozen network: what it is made of, where its weights come from, and what it sees in an image."""

from verism.backbone.backbone import Backbone, Features
from verism.backbone.vgg import VGG, VGG16, VGG19

__all__ = ["VGG", "VGG16", "VGG19", "Backbone", "Features"]
