"""The frozen network: its layers, its weights, and the features of an image."""

from verism.backbone.backbone import Backbone, Features
from verism.backbone.vgg import VGG, VGG16, VGG19

__all__ = ["VGG", "VGG16", "VGG19", "Backbone", "Features"]
