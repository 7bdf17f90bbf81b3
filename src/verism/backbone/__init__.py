"""The frozen network: what it is made of, where its weights come from, and what it sees in an image."""

from verism.backbone.vgg import VGG19

__all__ = ["VGG19"]
